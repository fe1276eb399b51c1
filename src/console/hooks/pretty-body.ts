/** A body as it is read best: JSON over several lines, the fields of a form one a line, all else as it is. */
export function prettyBody(body: string): { readonly text: string; readonly json: boolean } {
  const start = body.trimStart()[0];
  if (start === '{' || start === '[') {
    try {
      return { text: JSON.stringify(JSON.parse(body), null, 2), json: true };
    } catch {
      // Cut, or not JSON after all.
      return { text: body, json: true };
    }
  }
  if (/^[\w.-]+=[^\s]*$/.test(body)) {
    const fields = [...new URLSearchParams(body)].map(([name, value]) => `${name} = ${value}`);
    return { text: fields.join('\n'), json: false };
  }
  return { text: body, json: false };
}
