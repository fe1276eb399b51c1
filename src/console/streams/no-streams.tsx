import type { JSX } from 'preact';
import { useConsole } from '../live/console-context.ts';
import { CopyLine } from '../ui/copy-line.tsx';
import { serverField } from './server-field.ts';

const KEY = 'livestream';

/** Steps to take so that there is something to see. */
export function NoStreams(): JSX.Element {
  const { server } = useConsole();
  const url = serverField(server.listening, location.hostname);
  const source = '-re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine';
  const codecs = '-c:v libx264 -preset veryfast -g 60 -pix_fmt yuv420p -c:a aac';
  return (
    <div class="panel no-streams">
      <div class="no-streams-head">
        <span class="pulse" aria-hidden="true" />
        <h2>Waiting for a publisher</h2>
        <p class="faint">Send a stream here and it appears by itself.</p>
      </div>
      <div class="no-streams-ways">
        <section aria-labelledby="way-obs">
          <h3 id="way-obs">OBS</h3>
          <p class="faint">Settings → Stream → Service “Custom …”</p>
          <dl class="way">
            <dt>Server</dt>
            <dd>
              <CopyLine text={url} what="server field" />
            </dd>
            <dt>Stream key</dt>
            <dd>
              <CopyLine text={KEY} what="stream key" />
            </dd>
          </dl>
        </section>
        <section aria-labelledby="way-file">
          <h3 id="way-file">FFmpeg, with a file</h3>
          <CopyLine wrap text={`ffmpeg -re -i FILE -c copy -f flv ${url}/${KEY}`} what="command for a file" />
        </section>
        <section aria-labelledby="way-test">
          <h3 id="way-test">FFmpeg, with a test picture and a tone</h3>
          <CopyLine
            wrap
            text={`ffmpeg ${source} ${codecs} -f flv ${url}/${KEY}`}
            what="command for a test picture"
          />
        </section>
      </div>
    </div>
  );
}
