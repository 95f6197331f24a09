import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { History } from '../../api/model';
import { build } from './build';
import type { Hooks } from './build';
import { useColours } from './colours';
import type { Mark } from './marks';
import type { ChartSpec } from './specs';

interface Props {
	spec: ChartSpec;
	history: History;
	marks: Mark[];
	height: number;
	label: string;
	hooks: Hooks;
}

/** uPlot in a box: made anew when its data or the theme changes, resized with its box. */
export function Plot({ spec, history, marks, height, label, hooks }: Props) {
	const box = useRef<HTMLDivElement>(null);
	const colours = useColours();
	const latest = useRef(hooks);
	latest.current = hooks;

	useEffect(() => {
		const el = box.current!;
		const { data, options } = build(spec, history, marks, colours, {
			onCursor: (i) => latest.current.onCursor(i),
			onRange: (from, to) => latest.current.onRange(from, to),
			onReset: () => latest.current.onReset(),
		});
		const plot = new uPlot({ ...options, width: el.clientWidth, height }, data, el);
		const watch = new ResizeObserver(() => {
			if (el.clientWidth && el.clientWidth !== plot.width) plot.setSize({ width: el.clientWidth, height });
		});
		watch.observe(el);
		return () => {
			watch.disconnect();
			plot.destroy();
		};
	}, [spec, history, marks, colours, height]);

	return <div class="plot-box" ref={box} role="img" aria-label={label} />;
}
