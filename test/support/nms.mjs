// Runs node-media-server by itself: its context is global, and it ends its process when it cannot listen.
// node nms.mjs '{"port": 19350, "store": "/tmp/x", "tasks": [{"mode": "pull", "url": "rtmp://…", "streamPath": "/live/x"}]}'
import NodeMediaServer from 'node-media-server';

const { port, store, tasks } = JSON.parse(process.argv[2] ?? '{}');
const nms = new NodeMediaServer({ bind: '127.0.0.1', rtmp: { port }, store: { path: store } });
await nms.run();
for (const task of tasks) nms.relayServer.addTask({ ...task, reconnectInterval: 100 });
