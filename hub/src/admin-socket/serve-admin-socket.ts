import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { AppError, errorFacts, toWireError } from '@holdfast/shared-types'
import type { Logger } from '../platform/logging/logger.ts'
import { adminOperations, isAdminOperation, type AdminHandlers } from './admin-operations.ts'

export interface AdminSocket {
  /** Takes no more calls, lets those under way finish for `patienceMs`, then ends them. */
  close(patienceMs: number): Promise<void>
}

export interface AdminSocketOptions {
  /** By `adminSocketPath`; its folder is the hub's own. */
  readonly socketPath: string
  readonly handlers: AdminHandlers
  readonly log: Pick<Logger, 'info' | 'error'>
}

/** Calls are a name and a few settings. */
const bodyLimitBytes = 65_536

/** Opens the local door. The caller holds the data folder's lock, so whatever lies at the path is of a hub that is dead. */
export async function serveAdminSocket(options: AdminSocketOptions): Promise<AdminSocket> {
  const { socketPath } = options
  const isFile = process.platform !== 'win32'
  if (isFile) rmSync(socketPath, { force: true })
  const server = createServer((request, response) => void answer(request, response, options))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, resolve)
  })
  if (isFile) chmodSync(socketPath, 0o600)
  return {
    close: (patienceMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), patienceMs)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, options: AdminSocketOptions): Promise<void> {
  const name = (request.url ?? '').replace(/^\/+/, '')
  try {
    const result = await runOperation(name, request, options.handlers)
    // Looking changes nothing: only what does is a life event.
    if (name !== 'status') options.log.info({ event: 'admin.command-run', command: name }, 'Administrative command run')
    send(response, 200, result)
  } catch (error) {
    const problem = error instanceof AppError ? error : new AppError('internal', { cause: error })
    if (errorFacts(problem.code).log === 'error') {
      options.log.error({ event: 'admin.command-failed', command: name, code: problem.code, err: error }, 'Administrative command failed')
    }
    send(response, errorFacts(problem.code).status, { error: toWireError(problem) })
  }
}

async function runOperation(name: string, request: IncomingMessage, handlers: AdminHandlers): Promise<unknown> {
  if (request.method !== 'POST' || !isAdminOperation(name)) {
    throw new AppError('command.invalid', {
      message: 'The running hub does not know this command.',
      cure: 'Use the command line of the same version as the hub.',
    })
  }
  const contract = adminOperations[name]
  const input = contract.input.safeParse(parseJson(await readBody(request)))
  if (!input.success) throw new AppError('command.invalid', { message: input.error.issues[0]?.message ?? 'The input does not fit.' })
  // One name, one contract, one handler: the compiler cannot follow that through the union.
  const handler = handlers[name] as (input: unknown) => Promise<unknown>
  return contract.output.parse(await handler(input.data))
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > bodyLimitBytes) throw new AppError('request.too-large')
  }
  return text
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no contract takes it
  }
}

function send(response: ServerResponse, status: number, document: unknown): void {
  // One call a connection: closing the hub then waits for nobody who only keeps a line open.
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(document))
}
