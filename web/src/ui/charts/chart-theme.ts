import { nextTick, onMounted, shallowRef, watch, type Ref } from 'vue'
import { usePrefersDark, usePrefersContrast } from '../../platform/browser/media.ts'
import { appearance, contrast } from '../appearance.ts'

/** The looks of a chart, as the page has them now: a canvas knows neither CSS variables nor inheritance. Colours are `rgb(r g b)`. */
export interface ChartTheme {
  readonly primary: string
  readonly neutral: string
  readonly success: string
  readonly warning: string
  readonly error: string
  readonly text: string
  readonly line: string
  readonly fontFamily: string
}

const colourNames = {
  primary: '--ui-primary',
  neutral: '--ui-text-dimmed',
  success: '--ui-success',
  warning: '--ui-warning',
  error: '--ui-error',
  text: '--ui-text-muted',
  line: '--ui-border',
} as const satisfies Record<keyof Omit<ChartTheme, 'fontFamily'>, string>

/** A canvas does not draw every notation that CSS has (OKLCH among them): the browser is asked for plain RGB. */
function plainColours(colours: readonly string[]): string[] {
  const canvas = document.createElement('canvas')
  canvas.width = colours.length
  canvas.height = 1
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) return [...colours]
  for (const [index, colour] of colours.entries()) {
    // What it cannot read, it leaves as it was.
    context.fillStyle = '#000'
    context.fillStyle = colour
    context.fillRect(index, 0, 1, 1)
  }
  const { data } = context.getImageData(0, 0, colours.length, 1)
  return colours.map((_, index) => `rgb(${data[index * 4]} ${data[index * 4 + 1]} ${data[index * 4 + 2]})`)
}

function read(element: Element): ChartTheme {
  const style = getComputedStyle(element)
  const roles = Object.keys(colourNames) as (keyof typeof colourNames)[]
  const colours = plainColours(roles.map((role) => style.getPropertyValue(colourNames[role]).trim()))
  const byRole = Object.fromEntries(roles.map((role, index) => [role, colours[index]])) as Record<keyof typeof colourNames, string>
  return { ...byRole, fontFamily: style.fontFamily }
}

/** Read from where the chart stands; null until it stands there, new with another theme. */
export function useChartTheme(place: Readonly<Ref<Element | null>>): Readonly<Ref<ChartTheme | null>> {
  const theme = shallowRef<ChartTheme | null>(null)
  const refresh = async (): Promise<void> => {
    // The class of the page changes with the same tick.
    await nextTick()
    if (place.value !== null) theme.value = read(place.value)
  }
  onMounted(refresh)
  watch([appearance, contrast, usePrefersDark(), usePrefersContrast()], refresh)
  return theme
}
