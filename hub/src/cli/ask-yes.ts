import { createInterface } from 'node:readline/promises'
import { AppError } from '@holdfast/shared-types'

/** Asks a person on the terminal. @throws AppError `command.invalid` where nobody can be asked, or the answer is not yes */
export async function requireYes(question: string, flag: string): Promise<void> {
  const { stdin, stderr } = process
  if (!stdin.isTTY || !stderr.isTTY)
    throw new AppError('command.invalid', {
      message: `${question} Nobody can be asked here.`,
      cure: `If you are sure, add ${flag}. Nothing was changed.`,
    })
  const asked = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await asked.question(`${question} [y/N] `)
    if (/^(y|yes)$/i.test(answer.trim())) return
  } finally {
    asked.close()
  }
  throw new AppError('command.invalid', { message: 'Nothing was done.', cure: 'Answer with y to go on.' })
}
