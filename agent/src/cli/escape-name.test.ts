import { describe, expect, test } from 'vitest'
import { escapeBytes, escapePath, escapeText } from './escape-name.ts'

describe('a name from a disk', () => {
  test('that is harmless stays as it is', () => {
    expect(escapeText('Übersicht – 报告 😀 [1] *.txt')).toBe('Übersicht – 报告 😀 [1] *.txt')
  })

  test('cannot move the cursor, break the line or change colours', () => {
    expect(escapeText('a\u001b[2J\nb\r\tc\u007f\u009b1m')).toBe('a\\x1b[2J\\x0ab\\x0d\\x09c\\x7f\\u{9b}1m')
  })

  test('cannot hide its ending behind bidirectional or invisible characters', () => {
    expect(escapeText('invoice\u202efdp.exe')).toBe('invoice\\u{202e}fdp.exe')
    expect(escapeText('a\u200bb\ufeff')).toBe('a\\u{200b}b\\u{feff}')
  })

  test('is told apart from one that looks like its escape', () => {
    expect(escapeText('\\x0a')).toBe('\\\\x0a')
    expect(escapeText('\n')).toBe('\\x0a')
  })

  test('that is not UTF-8 shows exactly the bytes that are not', () => {
    expect(escapeBytes(Buffer.from([0x61, 0xff, 0xc3, 0xa4, 0xc3, 0x28, 0xe2, 0x82]))).toBe('a\\xffä\\xc3(\\xe2\\x82')
    // Overlong and surrogate forms are not UTF-8 either.
    expect(escapeBytes(Buffer.from([0xc0, 0xaf, 0xed, 0xa0, 0x80]))).toBe('\\xc0\\xaf\\xed\\xa0\\x80')
    expect(escapePath({ path: '/a\ufffd', pathBase64: Buffer.from([0x2f, 0x61, 0xff]).toString('base64') })).toBe('/a\\xff')
  })
})
