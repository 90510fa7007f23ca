import { createHmac, createSecretKey } from 'node:crypto'

/** Gives a piece of content its id. */
export type PieceHash = (bytes: Uint8Array) => Uint8Array

const key = Buffer.alloc(32, 7)

/** What the floor can be measured with: the one that the product uses comes first. */
export const pieceHashes = {
  'hmac-sha256': (): PieceHash => {
    const secret = createSecretKey(key)
    return (bytes) => createHmac('sha256', secret).update(bytes).digest()
  },
} as const satisfies Readonly<Record<string, () => PieceHash>>
export type PieceHashName = keyof typeof pieceHashes

export const isPieceHashName = (name: string): name is PieceHashName => Object.hasOwn(pieceHashes, name)
