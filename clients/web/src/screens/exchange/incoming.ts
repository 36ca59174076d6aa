// A table that comes back, as the server takes it: CSV as its text, a workbook in base64.

import type { TableBody } from "../../api/schema";

/** Larger ones are not sent: what the server takes at most, with base64, bytes. */
export const FILE_BYTES_MAX = 5 * 1024 * 1024;
/** So many bytes become letters at a time: more are too many arguments. */
const SLICE = 0x8000;
/** What a workbook, a zip, begins with. */
const ZIP = [0x50, 0x4b];

export async function tableBody(file: Blob): Promise<TableBody> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!ZIP.every((byte, at) => bytes[at] === byte)) return { csv: new TextDecoder().decode(bytes) };
  let letters = "";
  for (let at = 0; at < bytes.length; at += SLICE) letters += String.fromCharCode(...bytes.subarray(at, at + SLICE));
  return { xlsx: btoa(letters) };
}
