"""The cast. A new subject is one module with a `SUBJECT`, named here."""

from training.world.parts import Subject
from training.world.subjects import (
    airplane,
    astronaut,
    balloon,
    bird,
    butterfly,
    car,
    dog,
    fish,
    horse,
    lighthouse,
    robot,
    rocket,
    sailing_boat,
    train,
    whale,
    windmill,
)

_MODULES = (car, airplane, sailing_boat, train, rocket, balloon, bird, fish, whale, butterfly, horse, dog, robot,
            astronaut, lighthouse, windmill)

SUBJECTS: dict[str, Subject] = {module.SUBJECT.name: module.SUBJECT for module in _MODULES}
