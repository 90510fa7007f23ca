import { toBase64Url } from '../bytes/index.ts'
import { withMac, type Maced } from '../format/index.ts'
import type { Primitives } from '../reader/index.ts'

const encoder = new TextEncoder()

type Macing = Pick<Primitives, 'hmacSha256'>

const macOf = async (primitives: Macing, key: Uint8Array, text: string): Promise<string> =>
  toBase64Url(await primitives.hmacSha256(key, encoder.encode(text)))

/** A JSON object of the vault with its MAC (docs/vault-format.md §3). */
export const sealText = async (primitives: Macing, key: Uint8Array, text: string): Promise<Uint8Array> =>
  withMac(text, await macOf(primitives, key, text))

export const isSealedBy = async (primitives: Macing, key: Uint8Array, { mac, macedText }: Maced<unknown>): Promise<boolean> =>
  mac === (await macOf(primitives, key, macedText))
