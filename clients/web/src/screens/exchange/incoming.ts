// A table that comes back, as the server takes it: CSV as its text, a workbook in base64.

import type { TableBody } from "../../api/schema";

/** A file that is neither a workbook nor a text in UTF-8: letters of it would be lost unseen. */
export class NotUtf8 extends Error {}

/** Larger ones are not sent: what the server takes at most, with base64, bytes. */
export const FILE_BYTES_MAX = 5 * 1024 * 1024;
/** So many bytes become letters at a time: more are too many arguments. */
const SLICE = 0x8000;
/** What a workbook, a zip, begins with. */
const ZIP = [0x50, 0x4b];

export async function tableBody(file: Blob): Promise<TableBody> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!ZIP.every((byte, at) => bytes[at] === byte)) return { csv: textOf(bytes) };
  let letters = "";
  for (let at = 0; at < bytes.length; at += SLICE) letters += String.fromCharCode(...bytes.subarray(at, at + SLICE));
  return { xlsx: btoa(letters) };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new NotUtf8();
  }
}
