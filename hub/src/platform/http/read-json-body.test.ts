import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import Koa from 'koa'
import { expect, test } from 'vitest'
import type { HubState } from './hub-context.ts'
import { readJsonBody } from './read-json-body.ts'

test('a body that does not come to its end costs its sender the connection', async () => {
  const read = Promise.withResolvers<unknown>()
  const app = new Koa<HubState>()
  app.silent = true
  app.use(async (ctx) => {
    try {
      read.resolve(await readJsonBody(ctx, 100))
    } catch (error) {
      read.resolve(error)
      throw error
    }
  })
  const server = createServer(app.callback())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => undefined)
  const closed = once(socket, 'close')
  socket.write('POST / HTTP/1.1\r\nhost: hub\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a":')
  expect(await read.promise).toMatchObject({ code: 'request.invalid' })
  await closed
  server.close()
})
