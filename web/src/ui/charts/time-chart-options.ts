import uPlot from 'uplot'
import type { ChartTheme } from './chart-theme.ts'
import { chartRows, type TimeSeries } from './time-series.ts'
import { tickTexts } from './time-ticks.ts'
import { lineValues, valueLines, type ChartUnit } from './value-lines.ts'

export interface ChartLooks {
  readonly series: readonly TimeSeries[]
  readonly format: (value: number) => string
  readonly unit: ChartUnit
  readonly theme: ChartTheme
  /** For the texts of the time axis. */
  readonly locale: string
}

const fontPx = 11
const labelGapPx = 6
const widestBarPx = 18
const dayMs = 86_400_000
const minuteMs = 60_000

/** Bars stand on their moment: half of one more on either side. A single moment, or none yet, gets room around it. */
function timeRange(series: readonly TimeSeries[]): [fromMs: number, toMs: number] {
  const [moments] = chartRows(series)
  const hasBars = series.some(({ kind }) => kind === 'bar')
  const [fromMs, toMs] = [moments[0] ?? Date.now(), moments.at(-1) ?? Date.now()]
  if (moments.length < 2) return hasBars ? [fromMs - dayMs / 2, toMs + dayMs / 2] : [fromMs - minuteMs, toMs + minuteMs]
  const roomMs = hasBars ? (toMs - fromMs) / (moments.length - 1) / 2 : 0
  return [fromMs - roomMs, toMs + roomMs]
}

function widest(texts: readonly string[], font: string, context: CanvasRenderingContext2D): number {
  context.save()
  context.font = font
  const widthPx = texts.reduce((most, text) => Math.max(most, context.measureText(text).width), 0)
  context.restore()
  return Math.ceil(widthPx)
}

const isSingle = (series: TimeSeries | undefined): boolean => series?.points.filter(([, value]) => value !== null).length === 1

function seriesOptions({ kind, tone }: TimeSeries, looks: () => ChartLooks): uPlot.Series {
  const colour = looks().theme[tone]
  if (kind === 'bar')
    return { fill: colour, width: 0, points: { show: false }, paths: uPlot.paths.bars?.({ size: [0.7, widestBarPx], radius: [0.15, 0] }) }
  // A line of one point would be nothing.
  const points = { show: (_: uPlot, index: number) => isSingle(looks().series[index - 1]), size: 5, fill: colour }
  return { stroke: colour, width: 1.5, fill: `${colour.slice(0, -1)} / 12%)`, points }
}

/**
 * What uPlot is told to draw; sizes are set later.
 * @param looks asked anew for whatever follows the values: a chart that grows is not built again
 */
export function timeChartOptions(looks: () => ChartLooks): uPlot.Options {
  const { series, theme } = looks()
  const font = `${fontPx}px ${theme.fontFamily}`
  const axis = { stroke: theme.text, font, ticks: { show: false } }
  return {
    width: 0,
    height: 0,
    ms: 1,
    // To the right there is room for half of a time below the last tick.
    padding: [fontPx, 26, 0, 0],
    legend: { show: false },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: (_, index) => (series[index - 1]?.kind === 'line' ? 6 : 0) } },
    scales: {
      x: { range: () => timeRange(looks().series) },
      y: { range: () => [0, valueLines(looks().series, looks().unit).max] },
    },
    axes: [
      {
        ...axis,
        space: 76,
        size: fontPx + 2 * labelGapPx,
        gap: labelGapPx,
        grid: { show: false },
        border: { show: true, stroke: theme.line, width: 1 },
        values: (_, ticksMs, ...[, , apartMs]) => tickTexts(ticksMs, apartMs, looks().locale),
      },
      {
        ...axis,
        gap: labelGapPx,
        size: (chart, texts: readonly string[] | null) => widest(texts ?? [], font, chart.ctx) + labelGapPx + 1,
        grid: { stroke: theme.line, width: 1 },
        splits: () => lineValues(valueLines(looks().series, looks().unit)),
        values: (_, values) => values.map((value) => looks().format(value)),
      },
    ],
    series: [{}, ...series.map((each) => seriesOptions(each, looks))],
  }
}
