import type { MessageKey } from '../../platform/i18n/text.ts'

export interface PersonMistake {
  readonly name: 'name' | 'email'
  readonly text: MessageKey
}

/** What should be corrected before the hub is asked. The hub decides; this only saves a round. */
export function checkPerson(form: { readonly name: string; readonly email: string }, mayLackEmail = false): PersonMistake[] {
  const mistakes: PersonMistake[] = []
  const email = form.email.trim()
  if (form.name.trim() === '') mistakes.push({ name: 'name', text: 'people.mistake.name' })
  if (!(mayLackEmail && email === '') && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email))
    mistakes.push({ name: 'email', text: 'signIn.mistake.email' })
  return mistakes
}
