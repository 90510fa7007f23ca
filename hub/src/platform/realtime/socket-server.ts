import type { HttpServer } from '../http/http-server.ts'
import { Server } from 'socket.io'
import { isOwnOrigin } from '../http/same-origin.ts'

/** protocol: one message never grows beyond 1 MiB; bulk bytes go by HTTP. */
const maxMessageBytes = 1024 * 1024

/** A dead link is known after two of these at most, 30 s: half the time in which an agent must be back after a restart of the hub. */
const longestPingMs = 15_000
/** A crowded machine may be silent for so long and live. */
const shortestPingMs = 1_000
/** What waits for a dead link waits half a lease and no longer: nobody may wait for two (docs/agent-protocol.md). */
const pingsPerLease = 4

export const pingMsFor = (leaseMs: number): number => Math.min(longestPingMs, Math.max(shortestPingMs, Math.floor(leaseMs / pingsPerLease)))

export interface SocketServerOptions {
  readonly publicOrigin: () => string
  readonly leaseMs: number
}

/** Socket.IO on the hub's HTTP server, for both namespaces. */
export function createSocketServer(httpServer: HttpServer['server'], { publicOrigin, leaseMs }: SocketServerOptions): Server {
  const server = new Server(httpServer, {
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    pingInterval: pingMsFor(leaseMs),
    pingTimeout: pingMsFor(leaseMs),
    connectTimeout: 10_000,
    perMessageDeflate: false,
    // WebSockets are outside of CORS: a foreign page could open one with the person's cookie. Agents send no Origin.
    // What carries a token of its own says who it is by that alone, whatever page or program it is.
    allowRequest: (request, decide) =>
      decide(null, /^bearer /i.test(request.headers.authorization ?? '') || isOwnOrigin(request.headers, publicOrigin())),
  })
  // Socket.IO always has the namespace `/`: who joined it would stay for ever without saying who they are.
  server.use((_, next) => next(new Error('There is no such namespace.')))
  return server
}
