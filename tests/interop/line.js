// The line between clients and a server: it can be cut, and mended, as networks do.

import { once } from "node:events"
import net from "node:net"

export class Line {
  /** A line to an address `host:port`; its own is `address`. */
  static async to(far) {
    const line = new Line()
    line.far = new URL(`http://${far}`)
    line.whole = true
    line.ends = new Set()
    line.near = net.createServer(socket => line.join(socket))
    line.near.listen(0, "127.0.0.1")
    await once(line.near, "listening")
    line.address = `127.0.0.1:${line.near.address().port}`
    return line
  }

  join(near) {
    if (!this.whole) return near.destroy()
    const far = net.connect(Number(this.far.port), this.far.hostname)
    for (const [one, other] of [[near, far], [far, near]]) {
      this.ends.add(one)
      one.setNoDelay(true)
      one.on("error", () => other.destroy())
      one.on("close", () => {
        this.ends.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }

  /** Nothing passes any more, and what is open ends. */
  cut() {
    this.whole = false
    for (const end of this.ends) end.destroy()
  }

  /** Connections are taken again. */
  mend() {
    this.whole = true
  }

  end() {
    this.cut()
    this.near.close()
  }
}
