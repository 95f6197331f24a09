import { useState } from 'preact/hooks';
import type { Recipe } from '../../api/recipe';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { ImageDialog } from './image-dialog';

interface Props {
	recipes: Recipe[];
	/** The id of the relay's recipe, where there is a relay. */
	of?: string;
}

/** Only a relay that is a container has an image. */
export function ImageButton({ recipes, of }: Props) {
	const [open, setOpen] = useState(false);
	const recipe = recipes.find((r) => r.role === 'relay' && !r.builtin && (of === undefined || r.id === of));
	if (!recipe) return null;
	return (
		<>
			<Button icon="download" onClick={() => setOpen(true)}>
				{t('image.title')}
			</Button>
			{open && <ImageDialog recipe={recipe} onClose={() => setOpen(false)} />}
		</>
	);
}
