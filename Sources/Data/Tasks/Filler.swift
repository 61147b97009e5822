/// Text without a question, but with things to learn: spelling, agreement in number, which animal lives where and eats what, who
/// has which craft, the order of days and numbers. What is a matter of fact is always the same; what is not, is drawn.
enum Filler {
    private struct Animal {
        let one, many, home, food, time: String
    }

    private struct Person {
        let name, craft, tool, work: String
        let isWoman: Bool
    }

    private static let animals: [Animal] = [
        Animal(one: "fox", many: "foxes", home: "wood", food: "mice", time: "night"),
        Animal(one: "owl", many: "owls", home: "barn", food: "voles", time: "night"),
        Animal(one: "otter", many: "otters", home: "river", food: "fish", time: "dawn"),
        Animal(one: "goose", many: "geese", home: "marsh", food: "grass", time: "day"),
        Animal(one: "hare", many: "hares", home: "field", food: "clover", time: "dusk"),
        Animal(one: "bear", many: "bears", home: "cave", food: "berries", time: "day"),
        Animal(one: "bat", many: "bats", home: "tower", food: "moths", time: "night"),
        Animal(one: "mouse", many: "mice", home: "cellar", food: "grain", time: "night"),
        Animal(one: "wolf", many: "wolves", home: "hills", food: "sheep", time: "dusk"),
        Animal(one: "swallow", many: "swallows", home: "stable", food: "flies", time: "day"),
        Animal(one: "toad", many: "toads", home: "garden", food: "slugs", time: "dusk"),
        Animal(one: "heron", many: "herons", home: "reeds", food: "frogs", time: "dawn"),
    ]

    private static let people: [Person] = [
        Person(name: "anna", craft: "baker", tool: "oven", work: "bread", isWoman: true),
        Person(name: "boris", craft: "smith", tool: "anvil", work: "nails", isWoman: false),
        Person(name: "clara", craft: "weaver", tool: "loom", work: "cloth", isWoman: true),
        Person(name: "david", craft: "mason", tool: "trowel", work: "walls", isWoman: false),
        Person(name: "emma", craft: "potter", tool: "wheel", work: "bowls", isWoman: true),
        Person(name: "felix", craft: "tanner", tool: "knife", work: "belts", isWoman: false),
        Person(name: "greta", craft: "cooper", tool: "plane", work: "casks", isWoman: true),
        Person(name: "hugo", craft: "tailor", tool: "needle", work: "coats", isWoman: false),
    ]

    private static let looks = ["pale", "young", "grey", "brown", "small", "large", "quick", "quiet", "shy", "lame"]
    private static let places = ["mill", "bridge", "market", "church", "well", "gate", "harbour", "inn"]
    private static let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    private static let numbers = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

    /// A text of one side of the split; ends with a line end.
    static func draw(_ split: TaskSplit, using random: inout TaskRandom) -> String {
        while true {
            let text = draw(using: &random)
            if TaskSplit(family: "filler", canonical: text) == split { return text }
        }
    }

    private static func draw(using random: inout TaskRandom) -> String {
        let sentences: [String]
        switch random.int(in: 0...9) {
        case 0...2: sentences = oneAnimal(&random)
        case 3...4: sentences = manyAnimals(&random)
        case 5...7: sentences = person(&random)
        case 8: sentences = week(&random)
        default: sentences = counted(&random)
        }
        return sentences.joined(separator: " ") + "\n"
    }

    private static func oneAnimal(_ random: inout TaskRandom) -> [String] {
        let animal = random.element(of: animals)
        let place = random.element(of: places)
        let first = [
            "the \(random.element(of: looks)) \(animal.one) lives in the \(animal.home).",
            "a \(random.element(of: looks)) \(animal.one) was seen by the \(place).",
        ]
        let second = [
            "it eats \(animal.food) at \(animal.time).",
            "on \(random.element(of: days)) it went to the \(random.element(of: places)).",
        ]
        return [random.element(of: first), random.element(of: second)]
    }

    private static func manyAnimals(_ random: inout TaskRandom) -> [String] {
        let animal = random.element(of: animals)
        let count = random.int(in: 2...10)
        return [
            "\(numbers[count - 1]) \(random.element(of: looks)) \(animal.many) live in the \(animal.home).",
            random.chance(0.5)
                ? "they eat \(animal.food) at \(animal.time)." : "they sleep near the \(random.element(of: places)).",
        ]
    }

    private static func person(_ random: inout TaskRandom) -> [String] {
        let person = random.element(of: people)
        let (who, whose) = person.isWoman ? ("she", "her") : ("he", "his")
        let place = random.element(of: places)
        let day = random.element(of: days)
        let first = [
            "\(person.name) the \(person.craft) lives by the \(place).",
            "on \(day) \(person.name) makes \(person.work).",
        ]
        let second = [
            "\(who) needs \(whose) \(person.tool) to make \(person.work).",
            "\(who) sells \(person.work) at the \(place).",
        ]
        return [random.element(of: first), random.element(of: second)]
    }

    private static func week(_ random: inout TaskRandom) -> [String] {
        let start = random.int(in: 0...6)
        let listed = (0..<random.int(in: 3...5)).map { days[(start + $0) % 7] }
        return [
            "\(listed.joined(separator: ", ")): \(random.element(of: people).name) was at the \(random.element(of: places))."
        ]
    }

    private static func counted(_ random: inout TaskRandom) -> [String] {
        let animal = random.element(of: animals)
        let start = random.int(in: 2...7)
        let listed = (start...start + 2).map { "\(numbers[$0 - 1]) \(animal.many)" }
        return ["one \(animal.one), \(listed.joined(separator: ", ")) by the \(random.element(of: places))."]
    }
}
