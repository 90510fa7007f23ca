import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { AppError, toProblem } from '@holdfast/shared-types'

/**
 * What never becomes a request, because its head is too long (16 KiB, Node's own limit) or is no HTTP, is told why as everything else is: Node itself answers with a bare
 * status. It is not in the log: whoever can reach the port could fill that.
 */
export function refuseBrokenRequests(server: Server | TlsServer): void {
  const underWay = new WeakMap<Duplex, Set<Exchange>>()
  const refused = new WeakSet<Duplex>()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    const all = underWay.get(socket) ?? new Set()
    const exchange = { request, response }
    underWay.set(socket, all.add(exchange))
    response.once('close', () => all.delete(exchange))
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // What still comes of it, which is nothing new.
    if (refused.has(socket)) return
    refused.add(socket)
    const mayAnswer = socket.writable && [...(underWay.get(socket) ?? [])].every(isStillAsked)
    const answer = mayAnswer ? answerTo(error) : null
    if (answer === null) return void socket.destroy()
    socket.end(answer)
    // Where a socket is closed with bytes unread, the system cuts the other side off, maybe before it has the answer.
    socket.resume()
    const close = (): void => void socket.destroy()
    const timer = setTimeout(close, lingerMs)
    socket.once('end', close).once('close', () => clearTimeout(timer))
  })
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}
/** It is this one's body that is broken, and it has no answer yet. Behind one that was asked to its end, or into an answer, a refusal would be taken for that one's. */
const isStillAsked = ({ request, response }: Exchange): boolean => !request.complete && !response.headersSent

/** For what the caller still sends. */
const lingerMs = 1_000

/** @returns null where nobody can be told: who has gone, or has not come to speak HTTP (TLS that is none) */
function answerTo({ code }: NodeJS.ErrnoException): string | null {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n'
  if (code?.startsWith('HPE_') !== true) return null
  const isTooLong = code === 'HPE_HEADER_OVERFLOW' || code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW'
  const problem = toProblem(
    isTooLong
      ? new AppError('request.too-large', {
          message: 'The address and headers of the request, or what stands beside the parts of its body, are longer than 16 KiB.',
          cure: 'Ask for less at once; a program that puts files\u2019 paths into addresses can send them in several calls.',
        })
      : new AppError('request.invalid', { message: 'This is no request of HTTP/1.1.', cure: 'Ask with a program that speaks it.' }),
  )
  const body = JSON.stringify(problem)
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
    '',
    body,
  ].join('\r\n')
}
