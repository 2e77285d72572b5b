/** As many bytes are searched for what no text has. */
const searchedBytes = 8192;

/**
 * Decode a file: UTF-16 by its mark, else UTF-8, where bytes that are none become U+FFFD. Undefined for what is no text.
 * Line ends become `\n`, and a mark at the start is left out.
 */
export function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return clean(new TextDecoder("utf-16le").decode(bytes));
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return clean(new TextDecoder("utf-16be").decode(bytes));
  if (bytes.subarray(0, searchedBytes).includes(0)) return undefined;
  return clean(new TextDecoder("utf-8").decode(bytes));
}

function clean(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}
