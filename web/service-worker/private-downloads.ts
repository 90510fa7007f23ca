import type { DownloadAlive, DownloadHello, DownloadOffer } from '../src/features/private-vaults/download/port-messages.ts'
import { portStream } from '../src/features/private-vaults/download/port-stream.ts'

interface Offered extends DownloadOffer {
  readonly port: MessagePort
}

/** So long an offer waits for who asks for its address: a moment, as the page asks at once. */
const offerMs = 60_000
const offered = new Map<string, Offered>()

type Told = DownloadHello | DownloadOffer | DownloadAlive

/** Takes what pages say of downloads of private vaults: the bytes come through a port from the worker that has the keys. */
export function hearOfDownload(event: ExtendableMessageEvent): void {
  const told = event.data as Told | { readonly type?: undefined } | null
  if (told?.type === 'PRIVATE_DOWNLOAD_HELLO') event.ports[0]?.postMessage('here', [])
  if (told?.type !== 'PRIVATE_DOWNLOAD') return
  const [port, answer] = event.ports
  if (port === undefined) return
  offered.set(told.address, { ...told, port })
  setTimeout(() => offered.delete(told.address), offerMs)
  answer?.postMessage('taken', [])
}

/** A file to keep, never a page to run in the hub's origin. */
export function answerDownload({ pathname }: URL): Response {
  const offer = offered.get(pathname)
  offered.delete(pathname)
  if (offer === undefined) return new Response(null, { status: 404 })
  return new Response(portStream(offer.port), {
    headers: {
      'content-type': 'application/octet-stream',
      'content-disposition': attachmentNamed(offer.name),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...(offer.sizeBytes === null ? {} : { 'content-length': String(offer.sizeBytes) }),
    },
  })
}

/** An ASCII fallback that nothing can be hidden in, and the whole name by RFC 5987. */
function attachmentNamed(name: string): string {
  const fallback = name.replaceAll(/[^\u0020-\u007e]|["\\%]/g, '_')
  const extended = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${fallback}"; filename*=UTF-8''${extended}`
}
