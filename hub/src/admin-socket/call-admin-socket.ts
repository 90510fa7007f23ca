import { request, type IncomingMessage } from 'node:http'
import { AppError, fromWireError, WireError } from '@holdfast/shared-types'
import { z } from 'zod'
import { adminOperations, type AdminHandlers, type AdminInput, type AdminOperation, type AdminOutput } from './admin-operations.ts'

const Failure = z.object({ error: WireError })

/** The operations of the hub behind a socket. Without a deadline: a check of a large vault takes as long as it takes. */
export const adminClient = (socketPath: string): AdminHandlers => ({
  status: (input) => call(socketPath, 'status', input),
  stop: (input) => call(socketPath, 'stop', input),
  'enrol-token': (input) => call(socketPath, 'enrol-token', input),
  'sign-in-link': (input) => call(socketPath, 'sign-in-link', input),
  token: (input) => call(socketPath, 'token', input),
  'device-revoke': (input) => call(socketPath, 'device-revoke', input),
  gc: (input) => call(socketPath, 'gc', input),
  'vault-key-make': (input) => call(socketPath, 'vault-key-make', input),
  'vault-key-add': (input) => call(socketPath, 'vault-key-add', input),
  'purge-preview': (input) => call(socketPath, 'purge-preview', input),
  purge: (input) => call(socketPath, 'purge', input),
  'purge-list': (input) => call(socketPath, 'purge-list', input),
  'vault-take-on': (input) => call(socketPath, 'vault-take-on', input),
  'vault-key-objects': (input) => call(socketPath, 'vault-key-objects', input),
  'vault-slot-add': (input) => call(socketPath, 'vault-slot-add', input),
  'vault-slot-remove': (input) => call(socketPath, 'vault-slot-remove', input),
  'vault-approve': (input) => call(socketPath, 'vault-approve', input),
  retention: (input) => call(socketPath, 'retention', input),
  'self-backup': (input) => call(socketPath, 'self-backup', input),
  'self-backup-list': (input) => call(socketPath, 'self-backup-list', input),
  fsck: (input) => call(socketPath, 'fsck', input),
})

/** @throws AppError what the hub answered, or `hub.unreachable`. */
async function call<O extends AdminOperation>(socketPath: string, operation: O, input: AdminInput<O>): Promise<AdminOutput<O>> {
  const { status, document } = await post(socketPath, operation, input)
  if (status === 200) {
    // One name, one contract: the compiler cannot follow that through the union.
    return adminOperations[operation].output.parse(document) as AdminOutput<O>
  }
  const failure = Failure.safeParse(document)
  throw failure.success
    ? fromWireError(failure.data.error)
    : new AppError('internal', { message: 'The hub answered with something that is not an answer.' })
}

function post(socketPath: string, operation: string, input: unknown): Promise<{ status: number; document: unknown }> {
  return new Promise((resolve, reject) => {
    const unreachable = (cause: unknown) =>
      reject(
        new AppError('hub.unreachable', {
          message: 'The hub that uses this data folder does not answer at its local socket.',
          cure: 'It may be stopping: try again in a moment.',
          cause,
        }),
      )
    const outgoing = request({
      socketPath,
      path: `/${operation}`,
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json' },
    })
    outgoing.once('error', unreachable)
    outgoing.once('response', (response) => {
      readDocument(response).then((document) => resolve({ status: response.statusCode ?? 0, document }), unreachable)
    })
    outgoing.end(JSON.stringify(input))
  })
}

async function readDocument(response: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
  return JSON.parse(text)
}
