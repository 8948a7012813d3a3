import { BarChart } from 'echarts/charts.js';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components.js';
import { init, use } from 'echarts/core.js';
import { SVGRenderer } from 'echarts/renderers.js';

use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** One bar in each group. */
export interface Series {
  readonly name: string;
  /** One value per group; NaN leaves the bar out. */
  readonly values: readonly number[];
  /** Values that a paler bar reaches, such as the 99th percentiles behind the medians. */
  readonly upTo?: readonly number[];
}

/** A plot of groups of horizontal bars. */
export interface Bars {
  readonly title: string;
  /** The quantity of the bars, with its unit. */
  readonly subtitle: string;
  readonly groups: readonly string[];
  readonly series: readonly Series[];
}

const WIDTH = 640;
const BAR = 15;
/** The colours of Okabe and Ito, which people with any colour vision can tell apart. */
const COLOURS = ['#0072B2', '#E69F00', '#009E73', '#CC79A7'];
/** Opacity of the paler bars, in hexadecimal. */
const PALE = '59';
const FONT = 'Helvetica, Arial, sans-serif';

/** @returns the plot as SVG; the same input gives the same text */
export function barsOf({ title, subtitle, groups, series }: Bars): string {
  const height = 90 + groups.length * (series.length * BAR + 16) + 10;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    color: COLOURS,
    textStyle: { fontFamily: FONT },
    title: {
      text: title,
      subtext: subtitle,
      left: 12,
      top: 8,
      textStyle: { fontSize: 15 },
      subtextStyle: { fontSize: 12 },
    },
    legend: { top: 58, left: 8, data: series.map(({ name }) => name), itemGap: 24, itemWidth: 14, itemHeight: 10 },
    grid: { top: 84, bottom: 10, left: leftFor(groups), right: 70 },
    xAxis: { type: 'value', axisLabel: { show: false }, splitLine: { lineStyle: { color: '#eeeeee' } } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: [...groups],
      axisTick: { show: false },
      axisLabel: { fontSize: 12, color: '#222222' },
    },
    series: series.flatMap((each, index) => seriesOf(each, index)),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${renumbered(svg)}\n`;
}

/** @returns the room for the names of the groups, in pixels; fonts differ between machines, so it is generous */
function leftFor(groups: readonly string[]): number {
  return 24 + 6.4 * Math.max(...groups.map(({ length }) => length));
}

/** Numbers the classes from 0 on, which otherwise depend on the plots before. */
function renumbered(svg: string): string {
  const names = [...new Set(svg.match(/\bzr\d+-cls-\d+\b/g))];
  return svg.replace(/\bzr\d+-cls-\d+\b/g, (name) => `bar-${String(names.indexOf(name))}`);
}

function seriesOf({ name, values, upTo }: Series, index: number) {
  const common = { type: 'bar' as const, silent: true, stack: name, barWidth: BAR - 2, barGap: '15%' };
  const colour = COLOURS[index % COLOURS.length] ?? '';
  const labelled = (shown: readonly number[]) => ({
    show: true,
    position: 'right' as const,
    fontSize: 11,
    color: '#222222',
    formatter: ({ dataIndex }: { dataIndex: number }) => textOf(shown[dataIndex] ?? Number.NaN),
  });
  const solid = {
    ...common,
    name,
    data: values.map(valueOf),
    itemStyle: { color: colour },
    ...(upTo === undefined ? { label: labelled(values) } : {}),
  };
  if (upTo === undefined) return [solid];
  const rest = upTo.map((value, group) => valueOf(value - (values[group] ?? Number.NaN)));
  return [solid, { ...common, name, data: rest, itemStyle: { color: `${colour}${PALE}` }, label: labelled(upTo) }];
}

function valueOf(value: number): number | '-' {
  return Number.isFinite(value) ? value : '-';
}

/** @returns three digits or more, with separators */
function textOf(value: number): string {
  if (!Number.isFinite(value)) return '';
  return value < 10 ? String(Math.round(value * 100) / 100) : Math.round(value).toLocaleString('en-GB');
}
