// Labels above the slider: each gets the first row on which it does not touch another. Pure.

export interface Tick {
	/** 0…1 of the track */
	x: number;
	text: string;
	strong?: boolean;
}

export interface Placed extends Tick {
	row: number;
	/** The label stands left of its tick. */
	left: boolean;
}

/** Roughly: the track is about 900 px wide, a letter 7. */
const LETTER = 7 / 900;
const GAP = 0.012;
export const ROWS = 3;

export function placeTicks(ticks: Tick[]): Placed[] {
	const rows: [number, number][][] = Array.from({ length: ROWS }, () => []);
	return [...ticks]
		.sort((a, b) => a.x - b.x)
		.map((tick, i) => {
			const width = tick.text.length * LETTER;
			// Away from the other ticks: the first one to its left, the others to their right.
			const sides = i === 0 ? [true, false] : [false, true];
			const spans = sides.filter((left) => (left ? tick.x - width > 0.02 : tick.x + width < 1)).map((left) => ({ left, from: left ? tick.x - width : tick.x, to: left ? tick.x : tick.x + width }));
			for (let row = 0; row < ROWS; row++)
				for (const s of spans)
					if (rows[row]!.every(([from, to]) => s.to + GAP < from || s.from > to + GAP)) {
						rows[row]!.push([s.from, s.to]);
						return { ...tick, row, left: s.left };
					}
			return { ...tick, row: ROWS - 1, left: tick.x > 0.5 };
		});
}
