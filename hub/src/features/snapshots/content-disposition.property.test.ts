import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attachmentNamed } from './content-disposition.ts'

const pattern = /^attachment; filename="([\x20-\x21\x23-\x5b\x5d-\x7e]*)"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})*$/

test('is one harmless header line for any name, and gives the whole name back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const header = attachmentNamed(Buffer.from(text))
      expect(header).toMatch(pattern)
      // The last two, for the plain name before may have such a pair itself.
      expect(decodeURIComponent(header.slice(header.lastIndexOf("''") + 2))).toBe(text.toWellFormed())
    }),
    { examples: [["a''b"], ['\ufeff'], ['\ud800']] },
  )
})

test('is one harmless header line for a name that is not UTF-8', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(attachmentNamed(bytes)).toMatch(pattern)
    }),
  )
})

test('keeps plain names as they are and lets nothing break out of the quotes', () => {
  expect(attachmentNamed(Buffer.from('report 2026.pdf'))).toBe(`attachment; filename="report 2026.pdf"; filename*=UTF-8''report%202026.pdf`)
  expect(attachmentNamed(Buffer.from('a"; x="b\r\nSet-Cookie: y'))).toBe(
    `attachment; filename="a_; x=_b__Set-Cookie: y"; filename*=UTF-8''a%22%3B%20x%3D%22b%0D%0ASet-Cookie%3A%20y`,
  )
})
