import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits, as cookie or link; whoever reads the database finds only their hash. */
export const newToken = (): string => randomBytes(32).toString('base64url')
/** Length of every token above. */
export const tokenLength = 43

export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()
