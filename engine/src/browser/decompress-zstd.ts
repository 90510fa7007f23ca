import { ZSTDDecoder } from 'zstddec'
import { EngineError } from '../errors/index.ts'
import { requireOneZstdFrame } from '../format/index.ts'

const dataUrl = /^data:application\/wasm;base64,/

let loading: Promise<ZSTDDecoder> | undefined

/**
 * One zstd frame whose content must be exactly `size` bytes. The decoder writes to that much memory and no more, whatever the frame says of itself.
 * @throws EngineError `pack.invalid`
 */
export async function decompressZstd(frame: Uint8Array, size: number): Promise<Uint8Array> {
  requireOneZstdFrame(frame, size)
  if (size === 0) return new Uint8Array(0)
  loading ??= load()
  const decoder = await loading
  let raw: Uint8Array
  try {
    raw = decoder.decode(frame, size)
  } catch (cause) {
    throw new EngineError('pack.invalid', 'The compressed bytes of a segment are damaged.', { cause })
  }
  // What it could not decode it gives as nothing.
  if (raw.length !== size) throw new EngineError('pack.invalid', 'A segment unpacks to another size than it says, or is damaged.')
  return raw
}

const bytesOf = (url: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(url.replace(dataUrl, '')), (character) => character.charCodeAt(0))

/**
 * The decoder fetches its own code from a `data:` address, which the console's policy for connections forbids, rightly: for the moment of that call it is
 * given the bytes themselves. The call is made before `init` returns, so nobody else can meet this `fetch`.
 */
async function load(): Promise<ZSTDDecoder> {
  const decoder = new ZSTDDecoder()
  const { fetch } = globalThis
  let ready: Promise<void>
  globalThis.fetch = (url) => Promise.resolve(new Response(bytesOf(url as string)))
  try {
    ready = decoder.init()
  } finally {
    globalThis.fetch = fetch
  }
  await ready
  return decoder
}
