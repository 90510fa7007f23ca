import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Problem } from '@holdfast/shared-types'
import { createHttpServer, type HttpServer } from './http-server.ts'

let server: HttpServer
beforeAll(async () => {
  const made = createHttpServer()
  made.onRequest((request, response) => {
    if (request.url === '/upload' || request.url === '/later') return
    if (request.url !== '/slow') return void response.end('fine')
    response.write('begun')
  })
  await made.listen('127.0.0.1', 0)
  server = made
})
afterAll(() => server.close(0))

/** @returns all that comes back until the hub hangs up */
async function send(bytes: string, next = ''): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  let answered = ''
  socket.setEncoding('utf8').on('data', (part: string) => {
    if (answered === '' && next !== '') socket.write(next)
    answered += part
  })
  socket.write(bytes)
  await once(socket, 'end')
  socket.destroy()
  return answered
}
const headOf = 'host: hub\r\nconnection: keep-alive\r\n\r\n'

test.each([
  ['an address that is too long', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${headOf}`, 'request.too-large'],
  ['headers that are too long', `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(4_000)}${headOf}`, 'request.too-large'],
  ['what is no HTTP', 'HELO hub\r\n\r\n', 'request.invalid'],
  ['TLS where there is none', '\u0016\u0003\u0001\u0002\u0000', 'request.invalid'],
])('%s is told why, and the connection ends', async (_, bytes, code) => {
  const [head = '', body = ''] = (await send(bytes)).split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1\.1 400 .*\r\n(.*\r\n)*content-type: application\/problem\+json/)
  expect(Problem.parse(JSON.parse(body))).toMatchObject({ status: 400, code })
})

test('it is told also after requests that were answered', async () => {
  const answers = await send(`GET / HTTP/1.1\r\n${headOf}`, 'nonsense\r\n\r\n')
  expect(answers).toMatch(/^HTTP\/1\.1 200 (.|\r\n)*fineHTTP\/1\.1 400 (.|\r\n)*"request\.invalid"/)
})

test('it is told also where much more is on its way', async () => {
  expect(await send(`GET /${'x'.repeat(5_000_000)} HTTP/1.1\r\n${headOf}`)).toContain('"request.too-large"')
})

test('it is told also where its body is broken before there is an answer', async () => {
  const bytes = `POST /upload HTTP/1.1\r\ntransfer-encoding: chunked\r\n${headOf}no length\r\n`
  expect(await send(bytes)).toContain('"request.invalid"')
})

test('the refusal of one is not taken for the answer of another that was sent with it', async () => {
  const [fast, slow] = [`GET / HTTP/1.1\r\n${headOf}`, `GET /slow HTTP/1.1\r\n${headOf}`]
  expect(await send(fast + slow, 'nonsense\r\n\r\n')).not.toContain('problem')
  expect(await send(`GET /later HTTP/1.1\r\n${headOf}nonsense\r\n\r\n`)).not.toContain('problem')
})

test('an answer under way is not mixed with another', async () => {
  expect(await send(`GET /slow HTTP/1.1\r\n${headOf}`, 'nonsense\r\n\r\n')).not.toContain('problem')
})
