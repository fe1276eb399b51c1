/** hls.js without subtitles, other sound tracks and copy protection, none of which a live stream of this server has. */
declare module 'hls.js/light' {
  export { default } from 'hls.js';
}
