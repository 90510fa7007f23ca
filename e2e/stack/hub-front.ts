import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

/** Stands before a hub and passes everything on, and can look like a hub whose console is newer. */
export interface HubFront {
  readonly origin: string
  /** From here on the service worker that is served is another one. */
  upgradeConsole(): void
  close(): Promise<void>
}

/** A reverse proxy as people put before the hub: pages and calls by HTTP, sockets as they are. */
export async function startHubFront(hubOrigin: string): Promise<HubFront> {
  const { hostname, port } = new URL(hubOrigin)
  const open = new Set<Socket>()
  let isUpgraded = false

  function pass(asked: IncomingMessage, answer: ServerResponse): void {
    const isNewer = isUpgraded && asked.url === '/service-worker.js'
    // Asked for as plain text, whole, and never answered by “not modified”: something is added to it.
    const headers = isNewer ? { host: asked.headers.host } : asked.headers
    const passed = request({ hostname, port, method: asked.method, path: asked.url, headers }, (given) => {
      const { 'content-length': length, ...rest } = given.headers
      answer.writeHead(given.statusCode ?? 502, isNewer || length === undefined ? rest : given.headers)
      given.pipe(answer, { end: !isNewer })
      if (isNewer) given.once('end', () => answer.end('\n// the next version'))
    })
    passed.on('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()))
    asked.pipe(passed)
  }

  const server = createServer(pass)
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  server.on('upgrade', (asked, near: Socket, head) => {
    const far = connect(Number(port), hostname, () => {
      const lines = Object.entries(asked.headers).map(([name, value]) => `${name}: ${String(value)}`)
      far.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      far.write(head)
      near.pipe(far).pipe(near)
    })
    for (const side of [near, far]) side.on('error', () => [near, far].forEach((socket) => socket.destroy()))
    for (const side of [near, far]) side.on('close', () => [near, far].forEach((socket) => socket.destroy()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    upgradeConsole: () => void (isUpgraded = true),
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
