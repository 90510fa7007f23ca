import type { MessageKey, NamedValues } from '../../platform/i18n/text.ts'

/** Names are names: the same in every language. */
const systemNames: Readonly<Record<string, string>> = { linux: 'Linux', windows: 'Windows', macos: 'macOS' }

/** `linux-user-data` in words; one that this console does not know keeps its name. */
export function presetTitle(name: string, t: (key: MessageKey, named?: NamedValues) => string): string {
  const [, system = '', kind = ''] = /^(linux|windows|macos)-(user-data|everything)$/.exec(name) ?? []
  if (kind !== 'user-data' && kind !== 'everything') return t('plans.presetTitle.other', { name })
  return t(`plans.presetTitle.${kind}`, { system: systemNames[system] ?? system })
}
