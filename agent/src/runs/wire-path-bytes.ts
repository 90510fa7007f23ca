import type { WirePath } from '@holdfast/shared-types'

/** The raw bytes of a path as it travelled. */
export const wirePathBytes = (path: WirePath): Buffer =>
  path.pathBase64 === undefined ? Buffer.from(path.path, 'utf8') : Buffer.from(path.pathBase64, 'base64')
