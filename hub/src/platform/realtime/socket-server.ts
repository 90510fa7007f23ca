import type { HttpServer } from '../http/http-server.ts'
import { Server } from 'socket.io'
import { isOwnOrigin } from '../http/same-origin.ts'

/** protocol: one message never grows beyond 1 MiB; bulk bytes go by HTTP. */
const maxMessageBytes = 1024 * 1024

/** Socket.IO on the hub's HTTP server, for both namespaces. */
export function createSocketServer(httpServer: HttpServer['server'], publicOrigin: () => string): Server {
  return new Server(httpServer, {
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    // A dead link is known after at most 30 s: half the time in which an agent must be back after a restart of the hub.
    pingInterval: 15_000,
    pingTimeout: 15_000,
    connectTimeout: 10_000,
    perMessageDeflate: false,
    // WebSockets are outside of CORS: a foreign page could open one with the person's cookie. Agents send no Origin.
    // What carries a token of its own says who it is by that alone, whatever page or program it is.
    allowRequest: (request, decide) =>
      decide(null, /^bearer /i.test(request.headers.authorization ?? '') || isOwnOrigin(request.headers, publicOrigin())),
  })
}
