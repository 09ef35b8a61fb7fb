"""What a script server is told: the paper's five requirements (section 2.1), the picture model's form, the schema."""

import json
from typing import Any, Final

from runtime.screenplay import CAMERAS, TONES

_INSTRUCTIONS: Final = """\
You write screenplays for a film of short silent shots. You answer with one JSON object and nothing else.

The five requirements of every screenplay:
1. It tells a story with an opening, rising action, a climax and an ending, in the order of the scenes.
2. Every scene gives camera and cinematography: the shot, the camera's movement, the light, the hour, the place.
3. Scenes follow smoothly: place, light and hour change little from one scene to the next and time never runs back.
4. Nobody appears but the characters listed under "characters", and those are only the ones the idea has.
5. Every scene describes each character in it in full: copy the character's "description" into the "prompt" word for
   word. A prompt is read alone; it never says "he", "it" or "the same".

Form:
- "description": a noun phrase of at most ten words with colour and looks, as "a small red robot with round eyes".
  Keep the adjectives and nouns of the user's idea exactly as they are.
- "prompt": one plain English sentence of at most 40 words, at most two characters, only what can be seen, in the form
  "<camera> a red car racing on a coast road at sunset, side by side with a yellow airplane".
- "ambience": the sound of the place in a few words. "effects": up to two short sounds of what happens.\
"""


def messages(idea: str, scenes: int, seconds: float) -> list[dict[str, str]]:
    """The conversation that asks for a screenplay; the user's idea stands in it unchanged."""
    asked = (f"Write a screenplay of exactly {scenes} scene{'s' if scenes != 1 else ''}, {seconds:g} seconds each, "
             f"for this idea:\n\n{idea}\n\n"
             f'Fields: "title", "logline" (one sentence), "tone" (one of {", ".join(TONES)}), '
             '"characters" (list of {"name", "description"}), "scenes" (list of {"prompt", "camera", "characters" '
             f'(names), "ambience", "effects"}}). "camera" is one of {", ".join(CAMERAS)}.')
    return [{"role": "system", "content": _INSTRUCTIONS}, {"role": "user", "content": asked}]


def repair(problems: tuple[str, ...]) -> str:
    """The message that sends an answer back."""
    listed = "\n".join(f"- {problem}" for problem in problems[:20])
    return f"That cannot be used:\n{listed}\nSend the whole corrected JSON object again, and nothing else."


def schema(scenes: int) -> dict[str, Any]:
    """The JSON schema of an answer with that many scenes; every field is required, as strict servers want it."""
    text = {"type": "string"}
    texts = {"type": "array", "items": text}
    character = _object({"name": text, "description": text})
    scene = _object({"prompt": text, "camera": {"type": "string", "enum": list(CAMERAS)}, "characters": texts,
                     "ambience": text, "effects": texts})
    return _object({"title": text, "logline": text, "tone": {"type": "string", "enum": list(TONES)},
                    "characters": {"type": "array", "items": character},
                    "scenes": {"type": "array", "items": scene, "minItems": scenes, "maxItems": scenes}})


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(
        {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}))
    return made
