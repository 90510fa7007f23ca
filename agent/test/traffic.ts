import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Server as SocketServer } from 'socket.io'

/** All that comes in at a hub: connections as their bytes were, and what was in the frames of sockets, which lie masked in those. */
export class Traffic {
  readonly #streams: Buffer[][] = []
  #isWanted = false

  listen(http: Server, sockets: SocketServer): void {
    http.on('connection', (socket: Socket) => {
      if (this.#isWanted) socket.on('data', this.#stream())
    })
    sockets.engine.on('connection', (socket: { on(event: 'packet', take: (packet: { data?: unknown }) => void): void }) => {
      if (!this.#isWanted) return
      const take = this.#stream()
      socket.on('packet', ({ data }) => {
        if (typeof data === 'string' || data instanceof Uint8Array) take(Buffer.from(data as string))
      })
    })
  }

  /** From the next connection on. */
  record(): void {
    this.#isWanted = true
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#streams.flat())
  }

  /** Those of the words that are in it, in any way in which a program is likely to have written them. */
  wordsIn(words: readonly string[]): string[] {
    const { bytes } = this
    return words.filter((word) => spellings(word).some((spelling) => bytes.includes(spelling)))
  }

  #stream(): (bytes: Buffer) => void {
    const stream: Buffer[] = []
    this.#streams.push(stream)
    return (bytes) => stream.push(Buffer.from(bytes))
  }
}

function spellings(word: string): Buffer[] {
  const bytes = Buffer.from(word)
  const base64 = [0, 1, 2].flatMap((shift) => {
    // Whole groups of three bytes look the same wherever the word stands.
    const start = (3 - shift) % 3
    const inner = bytes.subarray(start, start + Math.floor((bytes.length - start) / 3) * 3)
    return [inner.toString('base64'), inner.toString('base64url')]
  })
  return [
    bytes,
    Buffer.from(word, 'utf16le'),
    ...[...base64, bytes.toString('hex'), encodeURIComponent(word)].map((text) => Buffer.from(text)),
  ]
}
