import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom, type SeededRandom } from '../../stack/seeded-random.ts'
import { randomBytes } from './random-bytes.ts'

const mebibyte = 2 ** 20
const photosPerDay = 12

/** Photos of 2 to 8 MiB, which nothing compresses, by year and day, each with an XMP sidecar of 2 to 4 KiB. The same seed makes the same bytes. */
export function makePhotos(folder: string, photos: number, seed = 1): void {
  const random = seededRandom(seed)
  const content = randomBytes(1000 + seed)
  for (let number = 0; number < photos; number += 1) {
    const day = Math.floor(number / photosPerDay)
    const place = join(folder, String(2020 + Math.floor(day / 365)), `day-${String(day % 365).padStart(3, '0')}`)
    mkdirSync(place, { recursive: true })
    const name = `DSC_${String(number).padStart(5, '0')}`
    writeFileSync(join(place, `${name}.JPG`), content.next(2 * mebibyte + random.below(6 * mebibyte)))
    writeFileSync(join(place, `${name}.xmp`), sidecar(name, random))
  }
}

const settings = ['Exposure', 'Contrast', 'Highlights', 'Shadows', 'Whites', 'Blacks', 'Clarity', 'Vibrance', 'Saturation', 'Sharpness']

function sidecar(name: string, random: SeededRandom): string {
  const values = Array.from({ length: 20 + random.below(30) }, (_, index) => {
    const setting = settings[index % settings.length] ?? ''
    return `   <crs:${setting}${index}>${random.below(200) - 100}</crs:${setting}${index}>`
  })
  return [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    `  <rdf:Description rdf:about="${name}" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/">`,
    `   <crs:Serial>${random.bytes(16).toString('hex')}</crs:Serial>`,
    ...values,
    '  </rdf:Description>',
    ' </rdf:RDF>',
    '</x:xmpmeta>',
    '<?xpacket end="w"?>',
    '',
  ].join('\n')
}
