import { AppError } from '@holdfast/shared-types'

/**
 * The origin of a hub from what a person typed: `https://` is assumed where nothing is said, except on this very machine.
 *
 * @throws AppError `command.invalid` for anything that is not an http(s) address.
 */
export function parseHubUrl(text: string): string {
  const isLocal = /^(localhost|127\.|\[::1\])/.test(text)
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${isLocal ? 'http' : 'https'}://${text}`
  const url = URL.parse(withScheme)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new AppError('command.invalid', {
      message: `“${text}” is not the address of a hub.`,
      cure: 'Give it like https://backup.example.com or http://127.0.0.1:8420.',
    })
  }
  return url.origin
}
