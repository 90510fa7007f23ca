import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { HubKoaContext } from './hub-context.ts'

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.map': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}
const compressible = /^text\/|json|svg|wasm/
/** Below this a compressed answer saves nothing but a packet's slack. */
const compressFromBytes = 1000

type Encoding = 'br' | 'gzip'
const compress: Readonly<Record<Encoding, (raw: Buffer) => Promise<Buffer>>> = {
  // Quality 9 of 11: the last two cost seconds for 2 % on scripts of this size.
  br: (raw) => promisify(brotliCompress)(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (raw) => promisify(gzip)(raw),
}

/** One file in memory; its compressed forms are made when first asked for, once. */
export class StaticFile {
  readonly contentType: string
  readonly #raw: Buffer
  readonly #etag: string
  readonly #isImmutable: boolean
  readonly #encoded = new Map<Encoding, Promise<Buffer>>()

  constructor(path: string, raw: Buffer, isImmutable: boolean) {
    this.contentType = contentTypes[extname(path)] ?? 'application/octet-stream'
    this.#raw = raw
    this.#etag = createHash('sha256').update(raw).digest('base64url').slice(0, 22)
    this.#isImmutable = isImmutable
  }

  async send(ctx: HubKoaContext): Promise<void> {
    ctx.status = 200
    ctx.set('cache-control', this.#isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    ctx.vary('accept-encoding')
    const encoding = this.#chooseEncoding(ctx)
    ctx.etag = encoding === null ? this.#etag : `${this.#etag}-${encoding}`
    if (ctx.fresh) {
      ctx.status = 304
      return
    }
    if (encoding !== null) ctx.set('content-encoding', encoding)
    ctx.body = encoding === null ? this.#raw : await this.#encode(encoding)
    ctx.type = this.contentType
  }

  #chooseEncoding(ctx: HubKoaContext): Encoding | null {
    if (this.#raw.length < compressFromBytes || !compressible.test(this.contentType)) return null
    const accepted = ctx.acceptsEncodings('br', 'gzip', 'identity')
    return accepted === 'br' || accepted === 'gzip' ? accepted : null
  }

  #encode(encoding: Encoding): Promise<Buffer> {
    const known = this.#encoded.get(encoding)
    if (known) return known
    const made = compress[encoding](this.#raw)
    this.#encoded.set(encoding, made)
    return made
  }
}

/**
 * Every file below `root`, read once: no disk access and no path to climb out of at request time. Keys start with `/`.
 * Empty when the folder is not there.
 */
export function loadStaticFiles(root: string, isImmutable: (path: string) => boolean): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>()
  if (!existsSync(root)) return files
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const path = `/${relative(root, file).split(sep).join('/')}`
    files.set(path, new StaticFile(path, readFileSync(file), isImmutable(path)))
  }
  return files
}
