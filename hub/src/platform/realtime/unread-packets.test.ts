import { EventEmitter } from 'node:events'
import type { Socket } from 'socket.io'
import { expect, test } from 'vitest'
import { whenTaken } from './unread-packets.ts'

test('whoever waits for a client leaves nothing listening on its connection', async () => {
  const conn = new EventEmitter()
  const held = { conn: conn as unknown as Socket['conn'] }
  for (const event of ['drain', 'close']) {
    const taken = whenTaken(held)
    expect([conn.listenerCount('drain'), conn.listenerCount('close')]).toEqual([1, 1])
    conn.emit(event)
    await taken
    expect(conn.eventNames()).toEqual([])
  }
})
