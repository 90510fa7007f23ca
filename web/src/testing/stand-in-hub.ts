import { api, AppError, liveSeqHeader, type OperationId, type RouteContract, type Run, toProblem } from '@holdfast/shared-types'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, relative } from 'node:path'
import { z } from 'zod'
import type { Answers } from './answers/answers.ts'
import { answersOf } from './answers/index.ts'
import { type LiveTopics, openLiveTopics } from './live-topics.ts'
import type { World } from './world.ts'

/** What the hub sends with every page: no inline script may be needed. */
const pagePolicy =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; frame-ancestors 'none'"

/** Of the worker that holds the keys of a private vault. */
const vaultWorkerPolicy = pagePolicy.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
}

interface Matched {
  readonly call: OperationId
  readonly params: Record<string, string>
}

const patterns = Object.entries(api).map(([call, { method, path }]) => ({
  call: call as OperationId,
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}))

function match(method: string, path: string): Matched | null {
  for (const { call, method: wanted, pattern } of patterns) {
    const found = wanted === method ? pattern.exec(path) : null
    if (found !== null)
      return {
        call,
        params: Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)])),
      }
  }
  return null
}

async function readBody(request: IncomingMessage, isBytes: boolean): Promise<unknown> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  if (isBytes) return new Uint8Array(Buffer.concat(parts))
  const text = Buffer.concat(parts).toString('utf8')
  return text === '' ? undefined : JSON.parse(text)
}

const parseWith = (schema: unknown, value: unknown): unknown => (schema instanceof z.ZodType ? schema.parse(value) : undefined)

export type Pages = ReadonlyMap<string, Buffer>

/** Reads a built console whole, so that a build beside cannot pull the files away. */
export function readPages(distFolder: string): Pages {
  const files = readdirSync(distFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    files.map((entry) => {
      const file = join(entry.parentPath, entry.name)
      return [`/${relative(distFolder, file).replaceAll('\\', '/')}`, readFileSync(file)]
    }),
  )
}

export interface StandInHub {
  readonly url: string
  readonly world: World
  readonly live: LiveTopics
  /** Calls that were made, in order. */
  readonly calls: OperationId[]
  signIn(isIn: boolean): void
  /** Puts a run into the world and tells every topic that shows it. */
  setRun(run: Run): void
  close(): Promise<void>
}

interface StandInOptions {
  readonly world: World
  readonly isSignedIn?: boolean
  /** Files of the built console by address, served with the hub's page policy. */
  readonly pages?: Pages
  readonly port?: number
}

/**
 * A hub for tests and pictures: real HTTP and Socket.IO, invented world. Requests and answers are parsed by the contract's
 * schemas, so it cannot say what a hub would not.
 */
export async function startStandInHub({ world, isSignedIn: startsSignedIn = true, pages, port = 0 }: StandInOptions): Promise<StandInHub> {
  const calls: OperationId[] = []
  let isSignedIn = startsSignedIn
  const http = createServer((request, response) => void handle(request, response))
  const live = openLiveTopics(http, () => isSignedIn)
  const setRun = (run: Run): void => {
    const index = world.runs.findIndex(({ id }) => id === run.id)
    if (index === -1) world.runs.unshift(run)
    else world.runs[index] = run
    live.tell(`run:${run.id}`, { type: 'run.changed', body: run })
    live.tell('runs', { type: 'run.changed', body: { ...run, warnings: [] } })
  }
  const answers: Answers = answersOf({
    world,
    seqOf: live.seqOf,
    signIn: (isIn) => (isSignedIn = isIn),
    onRun: setRun,
    tell: (topic, told) => live.tell(topic, told),
  })

  async function answer(
    request: IncomingMessage,
    url: URL,
  ): Promise<{ readonly status: number; readonly headers: Record<string, string>; readonly body: unknown }> {
    const matched = match(request.method ?? 'GET', url.pathname)
    if (matched === null) throw new AppError('request.not-found')
    const { call, params } = matched
    calls.push(call)
    const contract: RouteContract = api[call]
    if (contract.actor !== 'none' && !isSignedIn) throw new AppError('sign-in.required')
    const body = await readBody(request, contract.body === 'bytes')
    const asked = {
      params: parseWith(contract.params, params),
      query: parseWith(contract.query, Object.fromEntries(url.searchParams)),
      body: contract.body === 'bytes' ? body : parseWith(contract.body, body),
    }
    const answerIt = answers[call] as ((asked: unknown) => unknown) | undefined
    if (answerIt === undefined) throw new AppError('request.not-found')
    const isUnwell = call === 'health' && world.health.status === 'failing'
    const places = contract.liveTopics?.map((topic) => `${topic}=${live.seqOf(topic)}`).join(', ')
    return {
      status: isUnwell ? 503 : (contract.status ?? 200),
      headers: { 'content-type': 'application/json', ...(places === undefined ? {} : { [liveSeqHeader]: places }) },
      body: contract.response === 'bytes' ? answerIt(asked) : parseWith(contract.response, answerIt(asked)),
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (!url.pathname.startsWith('/api/') && url.pathname !== '/health') return servePage(url.pathname, response)
    if (url.pathname.endsWith('/file')) {
      response
        .writeHead(200, { 'content-type': 'application/octet-stream', 'content-disposition': 'attachment; filename="download.bin"' })
        .end('bytes of the file')
      return
    }
    try {
      const { status, headers, body } = await answer(request, url)
      if (body instanceof Uint8Array) response.writeHead(status, { 'content-type': 'application/octet-stream' }).end(body)
      else response.writeHead(status, headers).end(JSON.stringify(body))
    } catch (error) {
      const known = error instanceof AppError ? error : new AppError('internal', { message: String(error) })
      const problem = toProblem(known, 'req-1')
      const { retryAfterSeconds } = known.context
      const wait = typeof retryAfterSeconds === 'number' ? { 'retry-after': String(retryAfterSeconds) } : {}
      response.writeHead(problem.status, { 'content-type': 'application/problem+json', ...wait }).end(JSON.stringify(problem))
    }
  }

  function servePage(path: string, response: ServerResponse): void {
    const address = pages?.has(path) === true ? path : '/index.html'
    const content = pages?.get(address)
    if (content === undefined) return void response.writeHead(404).end()
    const headers = {
      'content-type': contentTypes[extname(address)] ?? 'application/octet-stream',
      'content-security-policy': /^\/assets\/vault-worker-[\w-]+\.js$/.test(address) ? vaultWorkerPolicy : pagePolicy,
      'cache-control': 'no-cache',
    }
    response.writeHead(200, headers).end(content)
  }

  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    world,
    live,
    calls,
    setRun,
    signIn: (isIn) => (isSignedIn = isIn),
    async close() {
      await live.close()
      http.closeAllConnections()
    },
  }
}
