import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright'
import { build, type Rolldown } from 'vite'
import { EngineError, type EngineErrorCode } from '../../../src/errors/index.ts'
import type { doings } from './in-both.ts'
import { fromWire, toWire } from './on-the-wire.ts'

type Doings = ReturnType<typeof doings>

/** The strictest policy that opens a vault: the console's, without what it needs besides. */
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'"
// Debian's Chromium; as root it needs --no-sandbox. As in e2e/playwright.config.ts.
const launchOptions = {
  executablePath: process.env['HOLDFAST_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
}
const document = '<!doctype html><title>engine</title><script src="/page.js"></script>'
/** Asks the worker, one question at a time. */
const pageScript = `
const worker = new Worker('/worker.js', { type: 'module' })
const broken = new Promise((_, reject) => (worker.onerror = (event) => reject(new Error(event.message || 'The worker did not load'))))
broken.catch(() => undefined)
globalThis.ask = (text) => Promise.race([broken, new Promise((resolve) => {
  worker.onmessage = ({ data }) => resolve(data)
  worker.postMessage(text)
})])`

/** What browsers load of the engine, bundled as the console bundles it. @returns every chunk by its name; the entry is `worker.js` */
export async function bundleWorker(): Promise<Map<string, string>> {
  const output = (await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('.', import.meta.url)),
    resolve: { conditions: ['@holdfast/source', 'module', 'browser', 'development|production'] },
    build: {
      write: false,
      minify: false,
      target: 'es2023',
      modulePreload: false,
      rollupOptions: { input: fileURLToPath(new URL('worker.ts', import.meta.url)), output: { entryFileNames: 'worker.js' } },
    },
  })) as Rolldown.RolldownOutput
  return new Map(output.output.flatMap((chunk) => (chunk.type === 'chunk' ? [[chunk.fileName, chunk.code] as const] : [])))
}

/** A real browser with the engine in a worker, in a page with a strict policy. */
export class EngineInChromium {
  readonly chunks: ReadonlyMap<string, string>
  readonly #server: Server
  readonly #browser: Browser
  readonly #page: Page

  private constructor(chunks: ReadonlyMap<string, string>, server: Server, browser: Browser, page: Page) {
    this.chunks = chunks
    this.#server = server
    this.#browser = browser
    this.#page = page
  }

  static async start(): Promise<EngineInChromium> {
    const chunks = await bundleWorker()
    const server = createServer(({ url }, response) => {
      const script = url === '/page.js' ? pageScript : chunks.get((url ?? '').slice(1))
      response.setHeader('content-security-policy', policy)
      response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript')
      response.end(script ?? document)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const browser = await chromium.launch(launchOptions)
    const opened = await browser.newPage()
    await opened.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    return new EngineInChromium(chunks, server, browser, opened)
  }

  /** Does it in the browser. @throws EngineError as it was thrown there */
  async do<K extends keyof Doings>(name: K, ...given: Parameters<Doings[K]>): Promise<Awaited<ReturnType<Doings[K]>>> {
    const asked = toWire({ name, given })
    const answered = await this.#page.evaluate((text) => (globalThis as unknown as { ask(text: string): Promise<string> }).ask(text), asked)
    const reply = fromWire(answered) as { value?: unknown; code?: EngineErrorCode | null; message?: string }
    if (reply.code === undefined) return reply.value as Awaited<ReturnType<Doings[K]>>
    if (reply.code === null) throw new Error(reply.message)
    throw new EngineError(reply.code, reply.message ?? '')
  }

  async close(): Promise<void> {
    await this.#browser.close()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
