"""A backend for Gatecast's http_hooks: python3 backend.py [port]. Publishers need ?token=SECRET; all else is welcome."""
import hmac, json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

SECRET = os.environ.get("TOKEN", "secret")


def decide(event):
    if event["action"] != "on_publish":
        return {"code": 0}
    token = parse_qs(event["param"].lstrip("?")).get("token", [""])[0]
    if hmac.compare_digest(token.encode(), SECRET.encode()):
        return {"code": 0}
    return {"code": 403, "message": "token missing or wrong"}


class Hooks(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open; 1.0 works too

    def do_POST(self):
        try:
            answer = decide(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        except (ValueError, KeyError, TypeError):
            answer = {"code": 400, "message": "not a hook"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8085), Hooks).serve_forever()
