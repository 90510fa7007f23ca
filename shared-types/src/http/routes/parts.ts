import { z } from 'zod'

export const v1 = '/api/v1'
export const Empty = z.object({}).meta({ id: 'Empty' })
export const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) })
/** A part of a list that may be long: `limit` items, or fewer where they are large. Without `hasMore` (an older hub) a full part has more. */
export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), hasMore: z.boolean().optional() })
/** In a query: until the end of the year 9999, what both a database and a person can read. */
export const AtMs = z.coerce.number().int().min(0).max(253_402_300_799_999)
export const Limit = z.coerce.number().int().min(1).max(1000)
/** Raw path bytes in a query: `path` (UTF-8), or `pathBase64` (base64url) where it is not. */
export const pathQuery = { path: z.string().max(32_768).optional(), pathBase64: z.base64url().max(65_536).optional() }
