import { createI18n } from 'vue-i18n'
import { en } from '../../../locales/en/index.ts'
import { keepSetting, readKeptSetting } from '../browser/kept-setting.ts'

export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]
/** Each in itself: who looks for theirs may not read the one that is on. */
export const languageNames = { en: 'English', de: 'Deutsch' } as const satisfies Record<Language, string>
export type Messages = typeof en

type Leaf<T, Prefix extends string = ''> = {
  [K in keyof T & string]: T[K] extends string ? `${Prefix}${K}` : Leaf<T[K], `${Prefix}${K}.`>
}[keyof T & string]
/** Every key that has a text; `vue-i18n`'s own `t` would accept any string. */
export type MessageKey = Leaf<Messages>

/** Values put into a text; `count` also chooses between its singular and plural. */
export type NamedValues = Readonly<Record<string, string | number>>

// English comes with the first load as the language of last resort; every other one is a chunk of its own.
// `satisfies` makes a text that a language lacks a type error.
const loaders = {
  de: async () => (await import('../../../locales/de/index.ts')).de,
} satisfies Record<Exclude<Language, 'en'>, () => Promise<Messages>>

const messages: Partial<Record<Language, Messages>> = { en }

export const i18n = createI18n({ legacy: false, locale: 'en', fallbackLocale: 'en', messages })

const isLanguage = (text: string): text is Language => (languages as readonly string[]).includes(text)

export const currentLanguage = (): Language => i18n.global.locale.value

/** A text outside of a component, in the current language unless another is named. Reactive where it is read. */
export function textOf(key: MessageKey, named: NamedValues = {}, language: Language = currentLanguage()): string {
  const count = named['count']
  return i18n.global.t(key, named, { locale: language, ...(typeof count === 'number' ? { plural: count } : {}) })
}

/** Shows everything in a language and keeps the choice. Loads its texts first, so nothing is shown half translated. */
export async function chooseLanguage(language: Language): Promise<void> {
  await showLanguage(language)
  keepSetting('language', language)
}

async function showLanguage(language: Language): Promise<void> {
  if (language !== 'en' && !i18n.global.availableLocales.includes(language)) {
    i18n.global.setLocaleMessage(language, await loaders[language]())
  }
  i18n.global.locale.value = language
  document.documentElement.lang = language
}

/** The language chosen here before, else the first of the browser's that there is, else English. */
export function preferredLanguage(kept: string | null, browserLanguages: readonly string[]): Language {
  return [kept ?? '', ...browserLanguages.map((tag) => tag.slice(0, 2).toLowerCase())].find(isLanguage) ?? 'en'
}

/** Where the reader lives, as far as the browser says: texts are English, but dates and times are those of `en-GB` or `en-US`. */
export const regionOf = (language: Language, browserLanguages: readonly string[]): string =>
  browserLanguages.find((tag) => tag.toLowerCase().startsWith(`${language}-`)) ?? language

/** Call once before the first page is shown. */
export const startLanguage = () => showLanguage(preferredLanguage(readKeptSetting('language'), navigator.languages))
