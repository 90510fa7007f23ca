import { Offers, type Offered } from '../src/features/private-vaults/download/offers.ts'
import type { DownloadAlive, DownloadHello, DownloadOffer } from '../src/features/private-vaults/download/port-messages.ts'
import { portStream } from '../src/features/private-vaults/download/port-stream.ts'

interface OfferedHere extends Offered {
  readonly port: MessagePort
}

const offers = new Offers<OfferedHere>()

type Told = DownloadHello | DownloadOffer | DownloadAlive

/** Takes what pages say of downloads of private vaults: the bytes come through a port from the worker that has the keys. */
export function hearOfDownload(event: ExtendableMessageEvent): void {
  const told = event.data as Told | { readonly type?: undefined } | null
  if (told?.type === 'PRIVATE_DOWNLOAD_HELLO') event.ports[0]?.postMessage('here', [])
  if (told?.type !== 'PRIVATE_DOWNLOAD') return
  const [port, answer] = event.ports
  if (port === undefined) return
  offers.add({ ...told, port })
  answer?.postMessage('taken', [])
}

/** A file to keep, never a page to run in the hub's origin. */
export function answerDownload({ pathname }: URL): Response {
  const offer = offers.take(pathname)
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
