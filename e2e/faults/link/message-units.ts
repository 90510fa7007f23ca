/*
 * Enough of RFC 6455 and of Socket.IO's wire format to move whole messages: a unit is what the other side handles as one thing, a frame with a
 * text, and the binary frames that belong to it. Bytes are passed on as they came, masks and all.
 */

export interface Unit {
  readonly bytes: Buffer
  /** An event or acknowledgement of Socket.IO: what a retry or a second path could deliver twice or in another order. Never a handshake, ping or close. */
  readonly isMessage: boolean
}

interface Frame {
  readonly bytes: Buffer
  readonly isFinal: boolean
  readonly opcode: number
  readonly payload: Buffer
}

const textOpcode = 1
const firstControlOpcode = 8

/** Takes the bytes of one direction of a WebSocket as they come, and gives whole units. */
export class UnitReader {
  #rest = Buffer.alloc(0)
  /** Frames of a message that is not whole yet, and how many binary frames it still waits for. */
  #open: Buffer[] = []
  #text = ''
  #attachments = 0

  read(bytes: Buffer): Unit[] {
    this.#rest = Buffer.concat([this.#rest, bytes])
    const units: Unit[] = []
    for (let frame = firstFrame(this.#rest); frame !== null; frame = firstFrame(this.#rest)) {
      this.#rest = this.#rest.subarray(frame.bytes.length)
      const unit = this.#take(frame)
      if (unit !== null) units.push(unit)
    }
    return units
  }

  #take(frame: Frame): Unit | null {
    if (frame.opcode >= firstControlOpcode) return { bytes: frame.bytes, isMessage: false }
    this.#open.push(frame.bytes)
    if (frame.opcode === textOpcode) {
      this.#text = frame.payload.toString('latin1')
      this.#attachments = Number(/^4[56](\d+)-/.exec(this.#text)?.[1] ?? 0)
    } else if (frame.isFinal && this.#attachments > 0) this.#attachments -= 1
    if (!frame.isFinal || this.#attachments > 0) return null
    const unit = { bytes: Buffer.concat(this.#open), isMessage: /^4[2356]/.test(this.#text) }
    this.#open = []
    return unit
  }
}

/** The frame that the bytes begin with, or null where it is not whole. */
function firstFrame(bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null
  const [first = 0, second = 0] = bytes
  const isMasked = (second & 0x80) !== 0
  const short = second & 0x7f
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  const headBytes = 2 + lengthBytes + (isMasked ? 4 : 0)
  if (bytes.length < headBytes) return null
  const length = lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  if (bytes.length < headBytes + length) return null
  const payload = Buffer.from(bytes.subarray(headBytes, headBytes + length))
  if (isMasked) {
    const mask = bytes.subarray(headBytes - 4, headBytes)
    for (let at = 0; at < payload.length; at += 1) payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0)
  }
  return { bytes: Buffer.from(bytes.subarray(0, headBytes + length)), isFinal: (first & 0x80) !== 0, opcode: first & 0x0f, payload }
}
