import type { Socket } from 'socket.io'

/** What a client was sent and has not taken yet. */
export interface UnreadPackets {
  readonly packets: number
  readonly bytes: number
}

type Held = Pick<Socket, 'conn'>

export function unreadBy({ conn }: Held): UnreadPackets {
  // Not in the types, but what engine.io itself decides by (socket.io 4.8: Socket.writeBuffer; text of a packet is ASCII or UTF-16).
  const { writeBuffer } = conn as unknown as { readonly writeBuffer: readonly { readonly data?: unknown }[] }
  let bytes = 0
  for (const { data } of writeBuffer) {
    if (typeof data === 'string') bytes += data.length
    else if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) bytes += data.byteLength
  }
  return { packets: writeBuffer.length, bytes }
}

/** Until a client has taken some of what waits for it, or is gone. Nothing is left listening: one connection lasts for days. */
export const whenTaken = ({ conn }: Held): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      conn.off('drain', end).off('close', end)
      resolve()
    }
    conn.on('drain', end).on('close', end)
  })

/** Ends the connection with what waits for its client: a mere `disconnect` would hold that until the client has read it. */
export function cutOff(socket: Held & Pick<Socket, 'disconnect'>): void {
  socket.disconnect(true)
  socket.conn.close(true)
}
