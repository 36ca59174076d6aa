// Starts the document library: its WebAssembly is a file of the page and is fetched once.

import * as Automerge from "@automerge/automerge/slim";
import wasm from "@automerge/automerge/automerge.wasm?url";

let started: Promise<void> | null = null;

/** Makes sure that the library can be used. */
export function startAutomerge(): Promise<void> {
  started ??= Automerge.initializeWasm(
    fetch(wasm)
      .then((answer) => answer.arrayBuffer())
      .then((bytes) => new Uint8Array(bytes)),
  );
  return started;
}
