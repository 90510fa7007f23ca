import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom, type SeededRandom } from '../../stack/seeded-random.ts'

const folders = ['', '.Sent', '.Archive.2024', '.Archive.2025', '.Lists.users', '.Lists.announce'] as const
const vocabularySize = 8000
const people = 400
/** Of 1,000 messages, so many answer an earlier one, and so many have an attachment; of these every third is one that was sent before. */
const answersOf1000 = 550
const attachmentsOf1000 = 130
const knownThreads = 300
/** First second of the first message: 2024-01-01, UTC. */
const beginsAt = 1_704_067_200

interface Message {
  readonly id: string
  readonly subject: string
  readonly from: string
  readonly lines: readonly string[]
}

/** What a message is written from; it remembers what may be answered and sent again. */
interface Desk {
  readonly random: SeededRandom
  readonly words: readonly string[]
  readonly addresses: readonly string[]
  readonly earlier: Message[]
  readonly attachments: string[]
}

/**
 * A maildir as years of mail leave it: small texts with long headers, answers that quote what they answer, attachments in base64, some
 * of them sent again. The same seed makes the same bytes.
 */
export function makeMaildir(folder: string, messages: number, seed = 1): void {
  const random = seededRandom(seed)
  const words = Array.from({ length: vocabularySize }, () => wordOf(random))
  const addresses = Array.from({ length: people }, () => `${pick(words, random)}@${pick(words, random)}.example`)
  const desk: Desk = { random, words, addresses, earlier: [], attachments: [] }
  for (const name of folders) for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(folder, name, part), { recursive: true })
  for (let number = 0; number < messages; number += 1) {
    const place = folders[random.below(folders.length)] ?? ''
    const second = beginsAt + number * 1200
    const isNew = random.below(20) === 0
    const name = `${second}.M${random.below(1_000_000)}P${random.below(32_768)}.mail.example${isNew ? '' : `:2,${random.pick(['S', 'RS', 'FS'])}`}`
    writeFileSync(join(folder, place, isNew ? 'new' : 'cur', name), writeMessage(desk, second))
  }
}

const letters = 'eeeeaaiioonnsstrrlldcumhgpbfvkwz'
const wordOf = (random: SeededRandom): string =>
  Array.from({ length: 2 + random.below(8) }, () => letters[random.below(letters.length)]).join('')
const pick = (choices: readonly string[], random: SeededRandom): string => choices[random.below(choices.length)] ?? ''
/** The word of rank n comes 1/n as often as the first. */
const frequentWord = ({ words, random }: Desk): string => words[Math.floor(words.length ** random.next()) - 1] ?? ''
const sentence = (desk: Desk, count: number): string => Array.from({ length: count }, () => frequentWord(desk)).join(' ')

function writeMessage(desk: Desk, second: number): string {
  const { random, addresses, earlier } = desk
  const answered = random.below(1000) < answersOf1000 ? earlier[random.below(earlier.length)] : undefined
  const own = Array.from({ length: 3 + random.below(40) }, () => sentence(desk, 4 + random.below(10)))
  const quoted = answered === undefined ? [] : [`${answered.from} wrote:`, ...answered.lines.map((line) => `> ${line}`)]
  const message: Message = {
    id: `<${random.bytes(12).toString('hex')}@mail.example>`,
    subject: answered === undefined ? sentence(desk, 2 + random.below(6)) : `Re: ${answered.subject.replace(/^Re: /, '')}`,
    from: pick(addresses, random),
    lines: [...own, ...quoted].slice(0, 200),
  }
  earlier[earlier.length < knownThreads ? earlier.length : random.below(knownThreads)] = message
  const head = headersOf(desk, message, { second, answered })
  if (random.below(1000) >= attachmentsOf1000)
    return [...head, 'Content-Type: text/plain; charset=utf-8', '', ...message.lines, ''].join('\r\n')
  const boundary = `=_${random.bytes(9).toString('hex')}`
  return [
    ...head,
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    ...message.lines,
    `--${boundary}`,
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename="${frequentWord(desk)}.pdf"`,
    '',
    attachment(desk),
    `--${boundary}--`,
    '',
  ].join('\r\n')
}

function headersOf(
  { random, addresses }: Desk,
  { id, subject, from }: Message,
  { second, answered }: { readonly second: number; readonly answered: Message | undefined },
): string[] {
  const date = new Date(second * 1000).toUTCString().replace('GMT', '+0000')
  const hop = (): string =>
    `Received: from mx${random.below(9)}.example (mx.example [192.0.2.${random.below(255)}])\r\n\tby mail.example with ESMTPS id ${random.bytes(8).toString('hex')}; ${date}`
  return [
    `Return-Path: <${from}>`,
    hop(),
    hop(),
    `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=${from.split('@')[1] ?? ''}; s=mail;\r\n\tb=${random.bytes(128).toString('base64')}`,
    `Date: ${date}`,
    `From: <${from}>`,
    `To: <${pick(addresses, random)}>`,
    `Subject: ${subject}`,
    `Message-ID: ${id}`,
    ...(answered === undefined ? [] : [`In-Reply-To: ${answered.id}`, `References: ${answered.id}`]),
    'MIME-Version: 1.0',
  ]
}

function attachment({ random, attachments }: Desk): string {
  if (attachments.length > 0 && random.below(3) === 0) return pick(attachments, random)
  // 8 KiB to 128 KiB: half of them below 32 KiB.
  const bytes = random.bytes(Math.round(8192 * 16 ** random.next()))
  const text = (bytes.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n')
  attachments[attachments.length < 100 ? attachments.length : random.below(100)] = text
  return text
}
