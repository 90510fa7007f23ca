import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { AppError } from '@holdfast/shared-types'
import { tlsOptionsOf, type KeptCertificate } from './kept-certificate.ts'
import { refuseBrokenRequests } from './refuse-broken-requests.ts'

export interface HttpServer {
  readonly server: Server | TlsServer
  /** 0 before `listen`. */
  readonly port: number
  /** @throws AppError `settings.invalid` when the address cannot be taken */
  listen(host: string, port: number): Promise<void>
  /** No new connections from the call on; what is under way gets `graceMs`. */
  close(graceMs: number): Promise<void>
}

/** Six packs of 16 MiB that were under way when a device was given the least upload limit, 16 KiB/s, take 102 min; headers must come at once. */
const requestTimeoutMs = 7_200_000
const headersTimeoutMs = 30_000

/** @param certificate null = plain HTTP. */
export function createHttpServer(certificate: KeptCertificate | null = null): HttpServer & { onRequest(listener: RequestListener): void } {
  let listener: RequestListener = (_, response) => void response.writeHead(503).end()
  const timeouts = { requestTimeout: requestTimeoutMs, headersTimeout: headersTimeoutMs }
  const answer: RequestListener = (request, response) => listener(request, response)
  const server = certificate === null ? createServer(timeouts, answer) : tlsServer(certificate, timeouts, answer)
  refuseBrokenRequests(server)
  const portOf = (): number => (server.address() as AddressInfo | null)?.port ?? 0
  return {
    server,
    get port() {
      return portOf()
    },
    onRequest: (next) => void (listener = next),
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', (cause) => reject(cannotListen(host, port, cause)))
        server.listen(port, host.replace(/^\[(.*)\]$/, '$1'), () => resolve())
      }),
    close: (graceMs) =>
      new Promise((resolve) => {
        certificate?.stop()
        if (!server.listening) return resolve()
        const timer = setTimeout(() => server.closeAllConnections(), graceMs)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}

function tlsServer(certificate: KeptCertificate, timeouts: object, listener: RequestListener): TlsServer {
  const server = createTlsServer({ ...timeouts, ...tlsOptionsOf(certificate.current) }, listener)
  certificate.follow(server)
  return server
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): AppError {
  const isTaken = cause.code === 'EADDRINUSE'
  return new AppError('settings.invalid', {
    message: isTaken
      ? `Another program listens on ${host}, port ${port}.`
      : `The hub cannot listen on ${host}, port ${port} (${cause.code ?? 'unknown'}).`,
    cure: isTaken ? 'Stop it, or choose another port with HOLDFAST_PORT.' : 'Choose another address with HOLDFAST_HOST and HOLDFAST_PORT.',
    cause,
  })
}
