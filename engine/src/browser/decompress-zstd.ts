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
  requireOneZstdFrame(frame)
  loading ??= load()
  const decoder = await loading
  let raw: Uint8Array
  try {
    // Zero would mean as much as the frame says.
    raw = decoder.decode(frame, Math.max(1, size))
  } catch (cause) {
    throw new EngineError('pack.invalid', 'The compressed bytes of a segment are damaged.', { cause })
  }
  // What it could not decode it gives as nothing.
  if (raw.length !== size) throw new EngineError('pack.invalid', 'A segment unpacks to another size than it says, or is damaged.')
  return raw
}

/**
 * The decoder fetches its own code from a `data:` address, which the console's policy for connections forbids, rightly: for the moment of that call it is
 * given the bytes themselves. The call is made before `init` returns, so nobody else can meet this `fetch`.
 */
async function load(): Promise<ZSTDDecoder> {
  const decoder = new ZSTDDecoder()
  const { fetch } = globalThis
  globalThis.fetch = async (url) => {
    const base64 = String(url).replace(dataUrl, '')
    return new Response(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)))
  }
  try {
    const ready = decoder.init()
    globalThis.fetch = fetch
    await ready
  } finally {
    globalThis.fetch = fetch
  }
  return decoder
}
