// An editor that somebody has open, for `plenary edit`: it waits, and appends their words to the first line.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, writeFileSync } from "node:fs"
import path from "node:path"
import { until } from "./world.js"

const SCRIPT = `#!/bin/sh
touch "$0.open"
read -r words <"$0.words"
sed -i "1s/$/$words/" "$1"
`

export class Editor {
  /** The program that `server.cli` names as the editor. */
  constructor(server) {
    this.program = path.join(server.dir, "editor")
    writeFileSync(this.program, SCRIPT, { mode: 0o755 })
    assert.equal(spawnSync("mkfifo", [`${this.program}.words`]).status, 0)
  }

  /** Waits until the text has been read and the editor is open. */
  async opened() {
    await until("the editor", () => existsSync(`${this.program}.open`))
  }

  /** Types words and closes the editor. */
  type(words) {
    writeFileSync(`${this.program}.words`, `${words}\n`)
  }
}
