"""Chinese in simplified characters. Words have no boundaries, so patterns say what must not stand beside them."""

import re

from quality.text.vocabulary import NEVER, Form, Vocabulary

_HUE = r"(?:品红|洋红|[红橙黄绿青蓝紫])色"
_AND = r"(?:以及|(?<![饱柔平温缓中])和|与|及|、)"
_CAST = "的?(?:色偏(?![亮暗淡浓艳深灰硬饱鲜高低冷暖品洋粉红橙黄绿青蓝紫向移])|偏色)"
_SET = r"(?:提高|提升|上调|增加|调高|推高|降低|下调|减少|调低|拉低)"
_NAME = r"[A-Z][a-z]+(?: [A-Z][a-z]+)?"

_HUES = {
    "red": r"(?<![品洋粉])红色",
    "orange": "橙色|橘色",
    "yellow": "黄色",
    "green": "绿色",
    "aqua": "青色",
    "blue": "蓝色",
    "purple": "紫色",
    "magenta": "(?:品|洋)红色?",
}

_FORM = Form(
    ends=("。", "？", "！"),
    between=re.compile(r"(?<=[。？！])\s*"),
    misset=re.compile(
        r"[^\S\n]{2,}|\s[，。；：、？！]|[，。；：、]{2}|[一-鿿][,.;?!]|[一-鿿] [一-鿿]|(的|了|和|把|将|让)\1"
    ),
    misset_prose=re.compile(r"[.?!]"),
    # Only names of parameters, each with its value, are of Latin letters.
    foreign=re.compile(
        r"[^一-鿿，。；：、？！“”（）0-9A-Za-z+\-.,;| \n]|"
        r"(?<![A-Za-z])(?!(?:[A-Z][a-z]+ ){1,2}[^A-Za-z]{0,6}\d|EV(?![A-Za-z]))[A-Za-z]"
    ),
    loose_end=re.compile(r"(?:[，；：、]|(?<![饱柔平温缓中])和|并|与|但|或|把|将|向|让|使|而|因为)$"),
    leaks=re.compile(
        r"预设|退化|降质|劣化|配方|逆渲染|渲染|滑块|滑杆|输入图|目标图|原始输入|真值|直方图|元数据|归一化|合成数据|标签|清单|流水线|"
        r"lightroom|xmp|aether\w*|unretouch\w*",
        re.IGNORECASE,
    ),
    tools=re.compile(
        r"清晰度|去雾|去朦胧|颗粒|暗角|晕影|锐化|锐度|降噪|噪点|模糊|裁剪|裁切|分离色调|查找表|伽马|色阶|曲线|虚化|散景|蒙版"
    ),
)

VOCABULARY = Vocabulary(
    form=_FORM,
    things={
        "sky": re.compile("天空|天际|蓝天|云层|云彩|晚霞"),
        "greenery": re.compile("绿植|植被|草木|枝叶|树叶|草地|植物|树木"),
        "water": re.compile("水面|水体|海水|湖水|河水|海面|湖面"),
        "skin": re.compile("皮肤|肤色|面部|脸[部庞上]|人脸"),
    },
    subjects=(
        (re.compile("天空|天际|蓝天|云层|云彩|晚霞"), "sky"),
        (re.compile("绿植|植被|草木|枝叶|树叶|草地|植物|树木"), "greenery"),
        (re.compile("水面|水体|海水|湖水|河水|海面|湖面"), "water"),
        (re.compile("皮肤|肤色|面部|脸[部庞上]|人脸"), "skin"),
        (re.compile("暗部|阴影|暗区|暗处|较?暗的?(?:区域|部分|地方)"), "shadows"),
        (re.compile("中间调|中间影调|中灰"), "midtones"),
        (re.compile("高光|亮部|亮区|亮处|较?亮的?(?:区域|部分|地方)"), "highlights"),
        *((re.compile(f"(?:{pattern})(?:调|区域|部分|的地方)?"), hue) for hue, pattern in _HUES.items()),
        (
            re.compile(
                "画面|照片|图片|图像|片子|影像|整体|整张|全图|光线|光影|影调|白平衡|色彩平衡|色温|色调|中性色|灰色部分|气氛|氛围|"
                "观感|它(?![的们])"
            ),
            "whole",
        ),
    ),
    words=(
        (
            "luma",
            re.compile("(?<![漂月响])亮(?![度部区处眼点丽])|过曝|曝光过度"),
            re.compile(
                "(?<![明昏])暗(?![部区处淡])|(?:加|更|太|过|偏|变|压|略|稍|再)深|深(?:一[些点]|得多|很多|许多)|深沉|深邃|欠曝|曝光不足"
            ),
        ),
        (
            "contrast",
            re.compile("生硬|(?:太|过|偏|更|略|发)硬"),
            re.compile("平淡|扁平|发灰|偏灰|灰蒙蒙|发闷"),
        ),
        ("warmth", re.compile("暖"), re.compile("冷")),
        ("tint", NEVER, NEVER),
        (
            "chroma",
            re.compile("艳|浓(?!度)|饱满|过饱和|(?:太|更|过于)饱和(?!度)|鲜明"),
            re.compile("(?<!平)淡|素雅|素净|褪色|收敛|克制|沉静|沉稳"),
        ),
    ),
    nouns=(
        ("luma", re.compile("亮度|曝光|明度")),
        ("contrast", re.compile("对比|反差")),
        ("warmth", re.compile("暖意")),
        ("chroma", re.compile("饱和度|浓度|色彩|颜色|鲜艳度")),
    ),
    up=re.compile(
        "提[高升起拉振]|增[加强大添]|加[强大重]|强[化调]|[拉调推抬]高|上调|[更太过偏再略稍]?高(?!光)|[更太过偏再]?强|抬升|更多|[更太过偏再略稍]大|大(?:一[些点]|得多|很多|许多)"
    ),
    down=re.compile(
        "降|[压拉调]低|低|压[住制]|减|收[回住]|弱|柔和|柔一|不足|缺[乏少]|欠缺|下调|更少|更小|削|抑制|回落"
    ),
    less=re.compile("[不没]那么"),
    levels=(
        (0, re.compile("略|稍|轻微|微微|一点|一些|一丝|些许|轻轻|小幅|有点|有些|几分")),
        (1, re.compile("明显|看得出|适度|适中|清楚")),
        (2, re.compile("大幅|大大|强烈|显著|非常|极|严重|很多|许多|得多|远远|十分|相当")),
    ),
    casts=(
        ("tint", 1, re.compile(f"(?:品红|洋红|粉红|粉|紫)色?{_CAST}")),
        ("tint", -1, re.compile(f"绿色?{_CAST}")),
        ("warmth", 1, re.compile(f"(?:黄|橙|橘|暖)色?{_CAST}")),
        ("warmth", -1, re.compile(f"(?:蓝|青|冷)色?{_CAST}")),
    ),
    remove=re.compile("去[除掉]|消除|校正|纠正|修正|中和|减|抵消|清除|改掉|降低|压"),
    state=re.compile(
        "太(?!阳)|过(?=于|亮|暗|深|淡|浓|高|低|强|弱|硬|大|艳|曝|饱|度)|偏(?!移|[^，。]{1,3}的)|倾向|非常|极其|略显|稍显|显得|缺[乏少]|欠缺|不足|存在|带[有着]|"
        "笼罩|蒙着|发[灰暗闷黄绿蓝粉红]|泛[黄绿蓝粉红]|看起来|看上去|欠曝|褪色|有一?层"
    ),
    wish=re.compile(
        "可以|可(?=[更再稍略])|应该|应当|应(?=[更再稍略])|希望|想|需要?|不妨|让|使|把|将|请|给|适合|会更好|带来|能(?=[更再])"
    ),
    toward=re.compile(
        r"(?:偏向|转向|趋向|倾向于?|太|过于|偏|泛|发|往|朝|向)着?(?P<target>品红|洋红|粉红|[粉红橙黄绿青蓝紫暖冷])(?:色调|色)?(?:方向)?"
    ),
    targets={
        **dict.fromkeys(("品红", "洋红", "粉红", "粉"), "magenta"),
        **{"红": "red", "橙": "orange", "黄": "yellow", "绿": "green", "青": "aqua", "蓝": "blue", "紫": "purple"},
        **{"暖": "warm", "冷": "cool"},
    },
    sides={
        **{"magenta": ("tint", 1), "green": ("tint", -1)},
        **{"warm": ("warmth", 1), "yellow": ("warmth", 1), "orange": ("warmth", 1)},
        **{"cool": ("warmth", -1), "blue": ("warmth", -1)},
    },
    sentences=re.compile("[。！？；!?;]+|因为|由于|毕竟"),
    clauses=re.compile(
        "[，：,:]|并且|而且|同时|但|不过|然后|随后|接着|并(?=[把将提降压增加调让使])|再(?=[把将让使])|"
        f"(?<!色){_AND}|{_AND}(?!{_HUE})"
    ),
    hues=re.compile(f"(?P<hues>{_HUE}(?:{_AND}{_HUE})+)"),
    hue=re.compile(_HUE),
    split_verbs=NEVER,
    joined_verbs="",
    mention=re.compile(
        rf"(?<![A-Za-z])(?P<name>{_NAME}) (?P<verb>(?P<by>{_SET}(?![到至]))|{_SET}[到至]|设为|调到|) ?"
        r"(?P<value>[+-]?\d+(?:\.\d+)?)"
    ),
    value_clauses=re.compile(r"[，。；、,;|\n]"),
    unchanged=re.compile(
        "保持不变|保持原样|维持原样|维持现状|无[需须](?:任何)?(?:调整|改动|修改|处理)|"
        "不(?:需要?|必|用|作|做)(?:任何)?(?:调整|改动|修改|变动)|没有(?:什么|明显)?(?:问题|变化|不足|缺陷)|"
        "未见(?:明显)?问题|无(?:明显)?问题|不变"
    ),
    sum=re.compile("抵消|来平衡|相互平衡|微调|细调|精修|细微"),
)
