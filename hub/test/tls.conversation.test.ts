import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect, type TLSSocket } from 'node:tls'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KeptCertificate } from '../src/platform/http/kept-certificate.ts'
import { createHttpServer } from '../src/platform/http/http-server.ts'
import { silentLogger, type Logger } from '../src/platform/logging/logger.ts'
import { OwnAuthority } from './own-authority.ts'
import { TestHub } from './test-hub.ts'

let folder = ''
let authority: OwnAuthority
let ca = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-tls-'))
  authority = new OwnAuthority(folder)
  ca = readFileSync(authority.caFile, 'utf8')
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}
const call = (origin: string, path: string, options: { method?: string; body?: Buffer | string; ca?: string } = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(
      origin + path,
      { method: options.method ?? 'GET', ca: options.ca ?? ca, agent: false, headers: { 'content-type': 'application/json' } },
      (answer) => {
        text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }), reject)
      },
    )
    sent.once('error', reject)
    sent.end(options.body)
  })

describe('a hub with a certificate of its own', () => {
  let hub: TestHub
  beforeAll(async () => {
    const { certificateFile, keyFile } = authority.sign('hub')
    hub = await TestHub.start({ env: { HOLDFAST_TLS_CERT: certificateFile, HOLDFAST_TLS_KEY_FILE: keyFile } })
  })
  afterAll(() => hub.stop())

  test('serves REST over TLS alone, tells browsers to stay with it, and gives cookies for it alone', async () => {
    expect(hub.origin).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    const live = await call(hub.origin, '/health/live')
    expect([live.status, live.headers['strict-transport-security']]).toEqual([200, 'max-age=31536000'])
    const link = new URL((await hub.hub.signInLink()) ?? '')
    expect(link.protocol).toBe('https:')
    const signIn = await call(hub.origin, '/api/v1/sign-in/link', {
      method: 'POST',
      body: JSON.stringify({ token: link.hash.slice('#token='.length) }),
    })
    expect(signIn.status).toBe(200)
    expect(String(signIn.headers['set-cookie'])).toMatch(/^__Host-holdfast=.*; Secure/)
    await expect(call(hub.origin, '/health/live', { ca: readFileSync(new OwnAuthority(folder, 'other').caFile, 'utf8') })).rejects.toThrow(
      /certificate/,
    )
    await expect(
      new Promise((_, reject) => {
        plainRequest(hub.origin.replace('https:', 'http:'), () => reject(new Error('answered in the clear')))
          .once('error', reject)
          .end()
      }),
    ).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('speaks TLS 1.2 and 1.3, and nothing older', async () => {
    const { port } = new URL(hub.origin)
    const versionOf = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> =>
      new Promise((resolve, reject) => {
        const socket: TLSSocket = connect(
          { host: '127.0.0.1', port: Number(port), ca, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' },
          () => {
            resolve(socket.getProtocol())
            socket.destroy()
          },
        ).once('error', reject)
      })
    expect(await versionOf('TLSv1.2')).toBe('TLSv1.2')
    expect(await versionOf('TLSv1.3')).toBe('TLSv1.3')
    await expect(versionOf('TLSv1.1')).rejects.toThrow(/protocol version|alert/i)
  })

  test('takes sockets and large bodies on the same port', async () => {
    const socket = io(`${hub.origin}/agent`, { transports: ['websocket'], reconnection: false, ca })
    const challenge = await new Promise<{ hubId: string }>((resolve, reject) => {
      socket.once('challenge', resolve)
      socket.once('connect_error', reject)
    })
    expect(challenge.hubId).toBe(hub.hub.hubId)
    socket.disconnect()
    const refused = await call(hub.origin, `/api/v1/runs/${crypto.randomUUID()}/locate`, { method: 'POST', body: randomBytes(3_000_000) })
    expect(refused.status).toBe(401)
  })
})

describe('certificate files', () => {
  const kept = (files: { certificateFile: string; keyFile: string }, log: Logger = silentLogger) =>
    new KeptCertificate({ files, log, lookEveryMs: 30 })

  test('that cannot be used stop the start, each with its own cure', () => {
    const { certificateFile, keyFile } = authority.sign('one')
    const { keyFile: otherKey } = authority.sign('two')
    for (const [files, message] of [
      [{ certificateFile: '/nowhere/cert.pem', keyFile }, /HOLDFAST_TLS_CERT: the file cannot be read \(ENOENT\)/],
      [{ certificateFile, keyFile: otherKey }, /HOLDFAST_TLS_KEY: the key is not the one of the certificate/],
      [{ certificateFile: keyFile, keyFile }, /HOLDFAST_TLS_CERT: this is no certificate/],
      [{ certificateFile, keyFile: certificateFile }, /HOLDFAST_TLS_KEY: this is no private key/],
    ] as const)
      expect(() => kept(files)).toThrow(
        expect.objectContaining({ code: 'settings.invalid', message: expect.stringMatching(message) as string }) as Error,
      )
  })

  test('that have expired are used, and said', () => {
    const said: string[] = []
    kept(authority.sign('old', { days: -1 }), { ...silentLogger, warn: ({ event }) => void said.push(event) })
    kept(authority.sign('soon', { days: 5 }), { ...silentLogger, warn: ({ event }) => void said.push(event) })
    expect(said).toEqual(['certificate.expired', 'certificate.expires-soon'])
  })

  test('that are exchanged are taken without cutting a connection, and broken ones leave the old in use until they are mended', async () => {
    const [first, second] = [authority.sign('first'), authority.sign('second')]
    const files = { certificateFile: join(folder, 'live.pem'), keyFile: join(folder, 'live.key') }
    const put = (from: typeof files, parts: readonly (keyof typeof files)[]) => {
      for (const part of parts) copyFileSync(from[part], files[part])
    }
    put(first, ['certificateFile', 'keyFile'])
    const certificate = kept(files)
    const http = createHttpServer(certificate)
    http.onRequest((asked, answer) => {
      asked.resume()
      answer.end('ok')
    })
    await http.listen('127.0.0.1', 0)
    const peer = (): Promise<TLSSocket> =>
      new Promise((resolve, reject) => {
        const socket: TLSSocket = connect({ host: '127.0.0.1', port: http.port, ca }, () => resolve(socket)).once('error', reject)
      })
    const serial = (socket: TLSSocket): string => socket.getPeerCertificate().serialNumber
    const held = await peer()
    const before = serial(held)
    put(second, ['certificateFile'])
    await expect.poll(() => certificate.state.problem?.message).toMatch(/not the one of the certificate/)
    expect(serial(await peer())).toBe(before)
    put(second, ['keyFile'])
    await expect.poll(() => certificate.state.problem).toBeNull()
    const fresh = await peer()
    expect(serial(fresh)).not.toBe(before)
    // The connection of before goes on.
    held.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    const [answered] = (await new Promise((resolve) => held.once('data', (bytes: Buffer) => resolve([bytes.toString()])))) as [string]
    expect(answered).toMatch(/^HTTP\/1\.1 200/)
    await http.close(0)
  })
})
